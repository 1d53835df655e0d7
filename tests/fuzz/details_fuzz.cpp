// A file of details, read back.
#include "fuzz_target.hpp"
#include "report/details_csv.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto rows = fuzz::accepted([&] { return parse_details(text, "d.csv"); });
  if (!rows) return 0;
  std::string again = details_header();
  for (const DetailsRow& row : *rows) again += details_row(row.id, row.details);
  fuzz::require(again == text, "written again, the details are others");
  return 0;
}
