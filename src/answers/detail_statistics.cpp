#include "answers/detail_statistics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "io/file.hpp"
#include "io/sha256.hpp"
#include "report/details_csv.hpp"
#include "report/run_metadata.hpp"
#include "session/guarded.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

// "" where the metadata name none, or one that is no longer there.
std::string details_beside(const AskedReport& report) {
  if (!report.metadata || !report.metadata->details) return "";
  const std::filesystem::path folder = std::filesystem::path(report.path).parent_path();
  const std::string path = (folder / report.metadata->details->file).string();  // a whole path stays as it is
  return file_exists(path) ? path : "";
}

// Are these the bytes of the details that the metadata name, with a table of classes?
bool has_confusion(const AskedReport& report, const std::string& text) {
  if (!report.metadata || !report.metadata->details) return false;
  const DetailsMetadata& named = *report.metadata->details;
  return !named.confusion.empty() && named.sha256 == sha256_of(text.data(), text.size());
}

void require_rows_of(const FinishedReport& report, const std::vector<DetailsRow>& rows,
                     const std::string& path) {
  if (rows.size() != report.rows.size()) {
    throw Error(ErrorKind::bad_input, fmt::format("{}: its {} rows are not the report's {}", path,
                                                  rows.size(), report.rows.size()));
  }
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].id == report.rows[i].fault.id) continue;
    throw Error(ErrorKind::bad_input, fmt::format("{}:{}:1: inj_id; expected {}, as in the report; found {}",
                                                  path, i + 2, report.rows[i].fault.id, rows[i].id));
  }
}

std::vector<FlippedClass> classes_of(const std::vector<DetailsRow>& rows) {
  std::map<int64_t, FlippedClass> by_number;
  for (const DetailsRow& row : rows) {
    if (row.details.majority_class < 0) continue;  // no decision changed
    FlippedClass& flipped = by_number[row.details.majority_class];
    flipped.class_number = row.details.majority_class;
    flipped.faults += 1;
    flipped.images += row.details.majority_images;
  }
  std::vector<FlippedClass> classes;
  for (const auto& [number, flipped] : by_number) classes.push_back(flipped);
  std::stable_sort(classes.begin(), classes.end(),
                   [](const FlippedClass& a, const FlippedClass& b) { return a.faults > b.faults; });
  return classes;
}

DetailStatistics add_up(const std::vector<DetailsRow>& rows, const FinishedReport& report) {
  DetailStatistics sums;
  sums.faults = static_cast<int64_t>(rows.size());
  for (const DetailsRow& row : rows) {
    sums.nan_faults += row.details.nan_images > 0 ? 1 : 0;
    sums.inf_faults += row.details.inf_images > 0 ? 1 : 0;
    sums.fixed += row.details.fixed;
    sums.broken += row.details.broken;
    sums.sdc10pct += row.details.sdc10pct;
    sums.sdc20pct += row.details.sdc20pct;
  }
  for (const ReportRow& row : report.rows) sums.flips += row.tally.critical();
  sums.classes = classes_of(rows);
  return sums;
}

}  // namespace

std::optional<DetailStatistics> detail_statistics_of(const std::string& path, const AskedReport& report) {
  const std::string file = path.empty() ? details_beside(report) : path;
  if (file.empty()) return std::nullopt;
  const std::string text = read_text(file);
  const std::vector<DetailsRow> rows = parse_details(text, file);
  require_rows_of(report.content, rows, file);
  DetailStatistics details = add_up(rows, report.content);
  details.path = file;
  if (has_confusion(report, text)) {
    details.class_count = report.metadata->classes;
    details.confusion = report.metadata->details->confusion;
  }
  return details;
}

}  // namespace detail

std::optional<DetailStatistics> detail_statistics(const std::string& path, const std::string& report) {
  return guarded([&] { return detail_statistics_of(path, read_asked_report(report)); });
}

}  // namespace tf_injector
