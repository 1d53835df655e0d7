// Results of faults as `compare` reads them: one file, a NUL, another file.
#include "core/json.hpp"
#include "fuzz_target.hpp"
#include "tf_injector/compare.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const size_t nul = std::min(text.find('\0'), text.size());
  const auto a = fuzz::accepted([&] { return FaultResults::parse(text.substr(0, nul), "a.csv"); });
  const auto b = fuzz::accepted(
      [&] { return FaultResults::parse(text.substr(std::min(nul + 1, text.size())), "b.csv"); });
  if (!a) return 0;
  const Comparison with_itself = compare(*a, *a);
  fuzz::require(with_itself.is_same, "results that differ from themselves");
  fuzz::require(with_itself.matched == static_cast<int64_t>(a->rows.size()), "a row without its equal");
  if (!b) return 0;
  const Comparison forth = compare(*a, *b), back = compare(*b, *a);
  fuzz::require(forth.is_same == back.is_same && forth.matched == back.matched,
                "another answer the other way round");
  for (const std::string& note : forth.notes) fuzz::check_message(note);
  fuzz::check_message(forth.verdict);
  (void)Json::parse(forth.json());
  return 0;
}
