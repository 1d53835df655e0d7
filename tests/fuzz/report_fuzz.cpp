// A report, read back.
#include "fuzz_target.hpp"
#include "report/csv_report.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text = fuzz::as_text(data, size);
  const auto report = fuzz::accepted([&] { return parse_report(text, "r.csv"); });
  if (!report) return 0;
  fuzz::require(report->complete_bytes <= size, "more complete bytes than there are");
  std::string again;
  if (report->complete_bytes > 0) again = report_header();
  if (report->golden.images > 0) again += golden_row(report->golden);
  for (const ReportRow& row : report->rows) {
    again += fault_row(row.fault, row.tally);
    fuzz::require(row.tally.images == report->golden.images, "another number of images");
    fuzz::require(row.tally.critical() + row.tally.non_critical() + row.tally.masked == row.tally.images,
                  "outcomes that do not add up");
  }
  fuzz::require(again == text.substr(0, report->complete_bytes), "written again, the report is another");
  return 0;
}
