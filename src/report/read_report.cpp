#include <fmt/format.h>

#include <string_view>
#include <utility>

#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/group_summary.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {

FinishedReport parse_whole_report(std::string_view text, const std::string& label) {
  Report report = parse_report(text, label);
  if (report.golden.images == 0 || report.complete_bytes != text.size()) {
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: {}; the command that wrote it goes on with it", label,
                            report.golden.images == 0 ? "no golden row yet" : "its last line is torn"));
  }
  return {.golden = report.golden, .rows = std::move(report.rows)};
}

}  // namespace detail

FinishedReport read_report(const std::string& path) { return parse_whole_report(read_text(path), path); }

std::vector<BitGroupSummary> summarize(std::span<const ReportRow> rows, StorageFormat storage) {
  return GroupSummary(storage, rows).groups();
}

}  // namespace tf_injector
