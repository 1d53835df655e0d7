#include "report/details_csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "core/printable.hpp"
#include "fault/index_syntax.hpp"
#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kDetailsLineEnd = "\r\n";

constexpr int64_t FaultDetails::*kMajorityClass = &FaultDetails::majority_class;
constexpr DetailsColumn kDetailsColumns[] = {
    {.name = "nan_images", .count = &FaultDetails::nan_images},
    {.name = "inf_images", .count = &FaultDetails::inf_images},
    {.name = "sdc5", .count = &FaultDetails::sdc5},
    {.name = "sdc10pct", .count = &FaultDetails::sdc10pct},
    {.name = "sdc20pct", .count = &FaultDetails::sdc20pct},
    {.name = "fixed", .count = &FaultDetails::fixed},
    {.name = "broken", .count = &FaultDetails::broken},
    {.name = "majority_class", .count = kMajorityClass},
    {.name = "majority_images", .count = &FaultDetails::majority_images},
    {.name = "max_abs_logit_change", .real = &FaultDetails::max_abs_logit_change},
    {.name = "golden_value", .real = &FaultDetails::golden_value},
    {.name = "faulty_value", .real = &FaultDetails::faulty_value},
};

// Empty where there is no class.
std::string column_text(const FaultDetails& details, const DetailsColumn& column) {
  if (column.count == nullptr) return float_text(details.*column.real);
  const int64_t count = details.*column.count;
  return column.count == kMajorityClass && count < 0 ? "" : std::to_string(count);
}

// Reads lines, each of which must have exactly the bytes that this program writes.
class DetailsReader {
 public:
  DetailsReader(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  std::vector<DetailsRow> read() {
    std::string header = details_header();
    header.resize(header.size() - kDetailsLineEnd.size());
    next_line();
    if (line_ != header) fail(1, "the header", header, line_);
    std::vector<DetailsRow> rows;
    while (at_ < text_.size()) {
      next_line();
      rows.push_back(row());
    }
    return rows;
  }

 private:
  [[noreturn]] void fail(size_t column, std::string_view what, std::string_view expected,
                         std::string_view found) const {
    throw Error(ErrorKind::bad_input, fmt::format("{}:{}:{}: {}; expected {}; found {}", label_, line_number_,
                                                  column, what, expected, double_quoted(found)));
  }

  void next_line() {
    const std::string_view rest = text_.substr(at_);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) {
      throw Error(ErrorKind::bad_input,
                  fmt::format("{}: {}; the command that wrote it goes on with it", label_,
                              text_.empty() ? "no header yet" : "its last line is torn"));
    }
    ++line_number_;
    if (end == 0 || rest[end - 1] != '\r') fail(end + 1, "the end of the line", "CRLF", "LF");
    line_ = rest.substr(0, end - 1);
    at_ += end + 1;
  }

  // The next field of the line, and where it begins.
  std::string_view field(size_t& at) const {
    const size_t end = std::min(line_.find(',', at), line_.size());
    const std::string_view text = line_.substr(at, end - at);
    at = end + 1;
    return text;
  }

  [[nodiscard]] int64_t number(std::string_view text, size_t column, std::string_view name,
                               int64_t most) const {
    const auto parsed = parse_whole_number(text);
    if (!parsed || parsed->saturated || parsed->value < 0 || parsed->value > most)
      fail(column, name, fmt::format("a whole number from 0 to {}", most), text);
    return parsed->value;
  }

  // std::from_chars rounds to the nearest, as TensorFlow's own weights need.
  [[nodiscard]] float real(std::string_view text, size_t column, std::string_view name) const {
    if (text == "nan") return std::numeric_limits<float>::quiet_NaN();
    float value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) fail(column, name, "a number", text);
    return value;
  }

  DetailsRow row() {
    constexpr auto kFields = 1 + std::size(kDetailsColumns);
    const auto found = static_cast<size_t>(std::count(line_.begin(), line_.end(), ',')) + 1;
    if (found != kFields) fail(1, "wrong number of columns", std::to_string(kFields), std::to_string(found));
    DetailsRow row;
    size_t at = 0;
    row.id = number(field(at), 1, "inj_id", INT64_MAX);
    for (const DetailsColumn& column : kDetailsColumns) {
      const size_t begin = at + 1;
      const std::string_view text = field(at);
      if (column.count == nullptr) {
        row.details.*column.real = real(text, begin, column.name);
      } else {
        const bool is_none = column.count == kMajorityClass && text.empty();
        row.details.*column.count = is_none ? -1 : number(text, begin, column.name, kMostReportImages);
      }
    }
    check(row);
    return row;
  }

  void check(const DetailsRow& row) {
    const std::string written = details_row(row.id, row.details);
    const auto [a, b] = std::mismatch(line_.begin(), line_.end(), written.begin(), written.end() - 2);
    if (a != line_.end() || b != written.end() - 2)
      fail(static_cast<size_t>(a - line_.begin()) + 1, "not as it is written",
           std::string_view(written).substr(0, written.size() - 2), line_);
    const auto [first, is_new] = lines_.emplace(row.id, line_number_);
    if (!is_new)
      fail(1, "inj_id", fmt::format("each number once (it stands in line {} already)", first->second),
           std::to_string(row.id));
  }

  std::string_view text_;
  const std::string& label_;
  size_t at_ = 0;
  std::string_view line_;
  int line_number_ = 0;
  std::unordered_map<int64_t, int> lines_;  // line numbers by inj_id
};

}  // namespace

std::string details_header() {
  std::string line = "inj_id";
  for (const DetailsColumn& column : kDetailsColumns) line.append(",").append(column.name);
  return line.append(kDetailsLineEnd);
}

std::string details_row(int64_t id, const FaultDetails& details) {
  std::string line = std::to_string(id);
  for (const DetailsColumn& column : kDetailsColumns) line.append(",").append(column_text(details, column));
  return line.append(kDetailsLineEnd);
}

std::string float_text(float value) { return std::isnan(value) ? "nan" : fmt::format("{}", value); }

uint64_t most_details_bytes(const FaultRows& faults, int64_t images) {
  constexpr uint64_t kClassDigits = 10, kFloatDigits = 16;
  const uint64_t digits = std::to_string(images).size();
  uint64_t bytes = details_header().size();
  for (const Fault fault : faults) {
    bytes += std::to_string(fault.id).size() + 8 * digits + kClassDigits + 3 * kFloatDigits +
             std::size(kDetailsColumns) + kDetailsLineEnd.size();
  }
  return bytes;
}

std::vector<DetailsRow> parse_details(std::string_view text, const std::string& label) {
  return DetailsReader(text, label).read();
}

}  // namespace tf_injector::detail

namespace tf_injector {

std::span<const DetailsColumn> details_columns() noexcept { return detail::kDetailsColumns; }

std::vector<DetailsRow> read_details(const std::string& path) {
  return detail::parse_details(detail::read_text(path), path);
}

}  // namespace tf_injector
