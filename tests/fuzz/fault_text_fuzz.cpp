// A fault as it is typed for `explain`.
#include "fault/index_syntax.hpp"
#include "fuzz_target.hpp"
#include "tf_injector/explain.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  ParsedIndex index;
  parse_index(text, index);
  if (index.problem.empty()) {
    fuzz::require(index.values.size() == index.written.size(), "numbers that were not written");
    ParsedIndex again;
    const std::string written = format_index(index.values);
    parse_index(written, again);
    fuzz::require(again.problem.empty() && again.values == index.values,
                  "an index that is another when read again");
  }
  const auto fault = fuzz::accepted([&] { return parse_fault(text); }, {ErrorKind::usage});
  if (!fault) return 0;
  const FaultPart& part = fault->parts.at(0);
  const std::string written =
      part.layer + "," + format_index(part.index) + "," + std::to_string(flipped_bit(*fault));
  const auto again = fuzz::accepted([&] { return parse_fault(written); }, {ErrorKind::usage});
  fuzz::require(again && *again == *fault, "a fault that is another when read again");
  return 0;
}
