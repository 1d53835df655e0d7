// A details file (`run --details`) beside its report.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <vector>

#include "core/printable.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {

using namespace detail;

namespace detail {
namespace {

constexpr const char* kDetailColumns[] = {"inj_id", "nan_images",     "inf_images",     "fixed",
                                          "broken", "majority_class", "majority_images"};
enum DetailColumn { kId, kNan, kInf, kFixed, kBroken, kClass, kClassImages };

// The columns that are read, by their names: others may stand between them.
class DetailReader {
 public:
  explicit DetailReader(const std::string& path) : path_(path), document_(parse_csv(read_text(path))) {
    for (const CsvProblem& problem : document_.problems) fail(problem.line, problem.column, problem.text);
    if (document_.rows.empty()) fail(1, 1, "expected the header of a details file, found nothing");
    const std::vector<CsvField>& header = document_.rows[0].fields;
    for (const char* name : kDetailColumns) {
      const auto found =
          std::find_if(header.begin(), header.end(), [&](const CsvField& f) { return f.text == name; });
      if (found == header.end())
        fail(1, 1, fmt::format("expected the header of a details file, with a column {}", name));
      places_.push_back(static_cast<size_t>(found - header.begin()));
    }
  }

  [[nodiscard]] size_t rows() const { return document_.rows.size() - 1; }
  [[nodiscard]] bool is_empty(size_t row, DetailColumn column) const {
    return field(row, column).text.empty();
  }
  [[nodiscard]] int64_t number(size_t row, DetailColumn column) const {
    const CsvField& of = field(row, column);
    int64_t value = 0;
    const char* const end = of.text.data() + of.text.size();
    const auto [stop, error] = std::from_chars(of.text.data(), end, value);
    if (error != std::errc() || stop != end)
      fail(of.line, of.column,
           fmt::format("{}: expected an integer, found {}", kDetailColumns[column], double_quoted(of.text)));
    return value;
  }
  [[noreturn]] void fail_at(size_t row, const std::string& what) const {
    fail(document_.rows[row + 1].line, 1, what);
  }

 private:
  [[nodiscard]] const CsvField& field(size_t row, DetailColumn column) const {
    const std::vector<CsvField>& fields = document_.rows[row + 1].fields;
    if (fields.size() != document_.rows[0].fields.size())
      fail_at(row,
              fmt::format("expected {} fields, found {}", document_.rows[0].fields.size(), fields.size()));
    return fields[places_[column]];
  }
  [[noreturn]] void fail(int line, int column, const std::string& what) const {
    throw Error(ErrorKind::bad_input, fmt::format("{}:{}:{}: {}", path_, line, column, what));
  }

  std::string path_;
  CsvDocument document_;
  std::vector<size_t> places_;
};

void count_row(const DetailReader& reader, size_t row, DetailStatistics& details,
               std::map<int64_t, FlippedClass>& classes) {
  details.nan_faults += reader.number(row, kNan) > 0 ? 1 : 0;
  details.inf_faults += reader.number(row, kInf) > 0 ? 1 : 0;
  details.fixed += reader.number(row, kFixed);
  details.broken += reader.number(row, kBroken);
  if (reader.is_empty(row, kClass) || reader.number(row, kClassImages) <= 0) return;  // no decision changed
  FlippedClass& flipped = classes[reader.number(row, kClass)];
  flipped.class_number = reader.number(row, kClass);
  flipped.faults += 1;
  flipped.images += reader.number(row, kClassImages);
}

}  // namespace
}  // namespace detail

DetailStatistics detail_statistics(const std::string& path, const std::string& report) {
  const FinishedReport finished = read_report(report);
  const DetailReader reader(path);
  if (reader.rows() != finished.rows.size())
    throw Error(ErrorKind::bad_input, fmt::format("{}: its {} rows are not the report's {}", path,
                                                  reader.rows(), finished.rows.size()));
  DetailStatistics details;
  details.path = path;
  details.faults = static_cast<int64_t>(reader.rows());
  std::map<int64_t, FlippedClass> classes;
  for (size_t row = 0; row < reader.rows(); ++row) {
    const ReportRow& of_report = finished.rows[row];
    const int64_t id = reader.number(row, kId);
    if (id != of_report.fault.id)
      reader.fail_at(row,
                     fmt::format("inj_id: expected {}, as in the report, found {}", of_report.fault.id, id));
    details.flips += of_report.tally.critical();
    count_row(reader, row, details, classes);
  }
  for (const auto& [number, flipped] : classes) details.classes.push_back(flipped);
  std::stable_sort(details.classes.begin(), details.classes.end(),
                   [](const FlippedClass& a, const FlippedClass& b) { return a.faults > b.faults; });
  return details;
}

}  // namespace tf_injector
