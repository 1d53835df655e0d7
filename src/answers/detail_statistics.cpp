// A details file (`run --details`) beside its report.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "answers/report_metadata.hpp"
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

// What the metadata beside a report say of its details and classes.
struct NamedDetails {
  DetailsMetadata details;
  int64_t classes = 0;
};
std::optional<NamedDetails> named_details(const std::string& report) {
  const std::optional<RunMetadata> metadata = metadata_beside(report);
  if (!metadata || !metadata->details) return std::nullopt;
  return NamedDetails{.details = *metadata->details, .classes = metadata->classes};
}

// "" where there is none, or no longer.
std::string details_beside(const std::string& report, const std::optional<NamedDetails>& named) {
  if (!named) return "";
  const std::filesystem::path folder = std::filesystem::path(report).parent_path();
  const std::string path = (folder / named->details.file).string();  // a whole path stays as it is
  return file_exists(path) ? path : "";
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
}  // namespace detail

std::optional<DetailStatistics> detail_statistics(const std::string& path, const std::string& report) {
  return guarded([&]() -> std::optional<DetailStatistics> {
    const std::optional<NamedDetails> named = named_details(report);
    const std::string file = path.empty() ? details_beside(report, named) : path;
    if (file.empty()) return std::nullopt;
    const FinishedReport finished = read_report(report);
    const std::string text = read_text(file);
    const std::vector<DetailsRow> rows = parse_details(text, file);
    require_rows_of(finished, rows, file);
    DetailStatistics details = add_up(rows, finished);
    details.path = file;
    if (named && named->details.sha256 == sha256_of(text.data(), text.size()) &&
        !named->details.confusion.empty()) {
      details.class_count = named->classes;
      details.confusion = named->details.confusion;
    }
    return details;
  });
}

}  // namespace tf_injector
