#include <fmt/format.h>

#include <utility>

#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/group_summary.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

using namespace detail;

FinishedReport read_report(const std::string& path) {
  const std::string text = read_text(path);
  Report report = parse_report(text, path);
  if (report.golden.images == 0 || report.complete_bytes != text.size()) {
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: {}; the command that wrote it goes on with it", path,
                            report.golden.images == 0 ? "no golden row yet" : "its last line is torn"));
  }
  return {.golden = report.golden, .rows = std::move(report.rows)};
}

std::vector<BitGroupSummary> summarize(std::span<const ReportRow> rows) {
  return GroupSummary(rows).groups();
}

}  // namespace tf_injector
