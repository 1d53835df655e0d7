#include "report/csv_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/printable.hpp"
#include "fault/index_syntax.hpp"
#include "io/csv.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// The columns of the fault, spelled as in the Python tool; the columns of its counts follow.
constexpr std::string_view kFaultColumns = "inj_id,target_layer,layer_weigths,bit_pos";
constexpr size_t kFaultFields = 4;
constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kGolden = "GOLDEN";

// The golden row has one field less than the header, as in the Python tool: the last column is missing.
std::span<const TallyColumn> golden_columns() { return tally_columns().first(tally_columns().size() - 1); }

std::string header_line() {
  std::string line(kFaultColumns);
  for (const TallyColumn& column : tally_columns()) line.append(",").append(column.name);
  return line;
}

// Reads the complete lines of a report. Each must have exactly the bytes that this program writes.
class ReportReader {
 public:
  ReportReader(std::string_view text, const std::string& label) : text_(text), label_(label) {}

  Report read() {
    read_header();
    report_.rows.reserve(most_rows());
    while (next_line()) {
      if (line_number_ == 2) {
        read_golden();
      } else {
        read_fault();
      }
    }
    return std::move(report_);
  }

 private:
  [[noreturn]] void fail(size_t column, const std::string& what) const {
    throw Error(ErrorKind::bad_input, fmt::format("{}:{}:{}: {}", label_, line_number_, column, what));
  }
  [[noreturn]] void fail(const CsvField& field, std::string_view name, const std::string& expected) const {
    fail(static_cast<size_t>(field.column),
         fmt::format("{}; expected {}; found {}", name, expected, double_quoted(field.text)));
  }

  // As many as there are lines, and no more than have room. A list that grows would be held twice.
  [[nodiscard]] size_t most_rows() const {
    constexpr size_t kLeastRow = 16;
    const auto lines = static_cast<size_t>(std::count(text_.begin(), text_.end(), '\n'));
    return std::min(lines, text_.size() / kLeastRow);
  }

  // The next line that ends with CRLF becomes line_, without the CRLF. Whatever follows the last such line is
  // an incomplete line, unless it ends with a bare LF: then the report was edited.
  bool next_line() {
    const std::string_view rest = text_.substr(report_.complete_bytes);
    const size_t end = rest.find('\n');
    if (end == std::string_view::npos) return false;
    ++line_number_;
    if (end == 0 || rest[end - 1] != '\r')
      fail(end + 1, "line ends with LF; expected CRLF; is this report edited?");
    line_ = rest.substr(0, end - 1);
    report_.complete_bytes += end + 1;
    return true;
  }

  // The two are easily mixed up, and what differs first would be the end of the line.
  void refuse_fault_list() {
    constexpr std::string_view kListBegin = "Injection,Layer,";
    if (!text_.starts_with(kListBegin)) return;
    line_number_ = 1;
    fail(1, "a fault list; expected the report of a run over it");
  }

  void read_header() {
    const std::string header = header_line();
    refuse_fault_list();
    if (next_line()) {
      if (line_ != header) fail_at_difference(header);
    } else if (!(header + '\r').starts_with(text_)) {
      line_number_ = 1;
      line_ = text_;
      fail_at_difference(header);
    }
  }

  // Reports a line that is not `expected`, at the first column where they differ.
  [[noreturn]] void fail_at_difference(std::string_view expected) const {
    const auto [found, wanted] = std::mismatch(line_.begin(), line_.end(), expected.begin(), expected.end());
    const auto rest_of = [](auto from, auto to) {
      return std::string(from, to - from > 40 ? from + 40 : to);
    };
    fail(static_cast<size_t>(found - line_.begin()) + 1,
         fmt::format("not what a report has here; expected {}; found {}",
                     double_quoted(rest_of(wanted, expected.end())),
                     double_quoted(rest_of(found, line_.end()))));
  }

  std::vector<CsvField> fields(size_t expected) {
    CsvDocument document = parse_csv(line_);
    if (!document.problems.empty()) {
      fail(static_cast<size_t>(document.problems.front().column), document.problems.front().text);
    }
    const size_t found = document.rows.empty() ? 0 : document.rows.front().fields.size();
    if (found != expected)
      fail(1, fmt::format("wrong number of columns; expected {}; found {}", expected, found));
    return std::move(document.rows.front().fields);
  }

  int64_t number(const CsvField& field, std::string_view name, int64_t least, int64_t most) const {
    const auto parsed = parse_whole_number(field.text);
    if (!parsed || parsed->saturated || parsed->value < least || parsed->value > most) {
      fail(field, name, fmt::format("a whole number from {} to {}", least, most));
    }
    return parsed->value;
  }

  void read_golden() {
    const std::vector<CsvField> row = fields(kFaultFields + golden_columns().size());
    if (row[0].text != kGolden) fail(row[0], "inj_id of the first row", std::string(kGolden));
    Tally& golden = report_.golden;
    for (size_t i = 0; i < golden_columns().size(); ++i) {
      const TallyColumn& column = golden_columns()[i];
      if (column.in_golden) read_column(row[kFaultFields + i], column, 1, kMostReportImages, golden);
    }
    check_bytes(golden_row(golden));
  }

  void read_fault() {
    const std::vector<CsvField> row = fields(kFaultFields + tally_columns().size());
    const int64_t images = report_.golden.images;
    ReportRow result;
    const int64_t id = number(row[0], "inj_id", 0, INT64_MAX);
    if (row[1].text.empty()) fail(row[1], "target_layer", "the name of a layer");
    read_parts(row, result.fault);
    result.fault.id = id;
    // Of all images, or of the only one that has the fault.
    const auto first_count = parse_whole_number(row[kFaultFields].text);
    const bool is_one = first_count && !first_count->saturated && first_count->value == 1;
    for (size_t i = 0; i < tally_columns().size(); ++i)
      read_column(row[kFaultFields + i], tally_columns()[i], is_one ? 1 : images, images, result.tally);
    check_bytes(fault_row(result.fault, result.tally));
    const auto [first, is_new] = lines_.emplace(id, line_number_);
    if (!is_new)
      fail(row[0], "inj_id", fmt::format("each number once (it stands in line {} already)", first->second));
    report_.rows.push_back(std::move(result));
  }

  // Tensors and models are not in a report: bits are taken as those of a kernel that are inverted.
  void read_parts(const std::vector<CsvField>& row, Fault& fault) const {
    const std::vector<std::string_view> indices = parts_of(row[2].text), bits = parts_of(row[3].text);
    // A layer's name may hold the separator.
    const std::vector<std::string_view> layers =
        indices.size() == 1 ? std::vector<std::string_view>{row[1].text} : parts_of(row[1].text);
    if (layers.size() != indices.size()) fail(row[1], "target_layer", count_text(indices.size(), "layers"));
    if (bits.size() != indices.size()) fail(row[3], "bit_pos", count_text(indices.size(), "bits or values"));
    for (size_t i = 0; i < indices.size(); ++i) {
      ParsedIndex index;
      parse_index(indices[i], index);
      if (!index.problem.empty()) fail(row[2], "layer_weigths", "a tuple like (2, 1, 0, 7)");
      FaultPart part{.layer = std::string(layers[i]), .index = std::move(index.values)};
      BitFlip flip;
      if (const auto value = set_named(bits[i]); value && set_text(*value) == bits[i]) {
        part.change = *value;
      } else if (parse_bits(bits[i], flip.bits).empty()) {
        part.change = std::move(flip);
      } else {
        const bool is_number = parse_whole_number(row[3].text).has_value();
        fail(row[3], "bit_pos",
             is_number ? "a whole number from 0 to 31" : "whole numbers from 0 to 31, or a value");
      }
      fault.parts.push_back(std::move(part));
    }
  }

  static std::string count_text(size_t count, const char* what) {
    return count == 1 ? "one part" : fmt::format("{} {}, as many as there are indices", count, what);
  }

  static std::vector<std::string_view> parts_of(std::string_view text) {
    constexpr std::string_view kBetween = " + ";
    std::vector<std::string_view> parts;
    for (size_t end = text.find(kBetween); end != std::string_view::npos; end = text.find(kBetween)) {
      parts.push_back(text.substr(0, end));
      text.remove_prefix(end + kBetween.size());
    }
    parts.push_back(text);
    return parts;
  }

  // Reads one column into `tally`. The number of images, which comes first, must be in [least_images,
  // most_images], every other count in [0, images]. A derived number must be what the counts say.
  void read_column(const CsvField& field, const TallyColumn& column, int64_t least_images,
                   int64_t most_images, Tally& tally) const {
    if (column.count == &Tally::images) {
      tally.images = number(field, column.name, least_images, most_images);
    } else if (column.count != nullptr) {
      tally.*column.count = number(field, column.name, 0, tally.images);
    } else {
      const auto parsed = parse_whole_number(field.text);
      if (!parsed || parsed->saturated || parsed->value != column.value(tally))
        fail(field, column.name, fmt::format("{} = {}", column.meaning, column.value(tally)));
    }
  }

  // Throws unless every byte of the line is as written by this program.
  void check_bytes(std::string_view written) const {
    written.remove_suffix(kLineEnd.size());
    if (line_ != written) fail_at_difference(written);
  }

  std::string_view text_;
  const std::string& label_;
  std::string_view line_;
  int line_number_ = 0;
  Report report_;
  std::unordered_map<int64_t, int> lines_;  // line numbers by inj_id
};

}  // namespace

std::string report_header() { return header_line().append(kLineEnd); }

std::string golden_row(const Tally& tally) {
  std::string row(kGolden);
  row.append(kFaultFields - 1, ',');
  for (const TallyColumn& column : golden_columns()) {
    row += ',';
    if (column.in_golden) row += std::to_string(column.value(tally));
  }
  return row.append(kLineEnd);
}

std::string fault_row(const Fault& fault, const Tally& tally) {
  std::string row = fmt::format("{},{},{},{}", fault.id, csv_field(layers_text(fault)),
                                csv_field(indices_text(fault)), bits_text(fault));
  for (const TallyColumn& column : tally_columns())
    row.append(",").append(std::to_string(column.value(tally)));
  return row.append(kLineEnd);
}

// No column is longer than the number of images with a sign; of zeros it is one digit.
uint64_t most_row_bytes(const Fault& fault, int64_t images) {
  return fault_row(fault, {}).size() + tally_columns().size() * std::to_string(images).size();
}

uint64_t most_report_bytes(const FaultRows& faults, int64_t images) {
  const Tally golden{.images = images, .top_1_correct = images, .top_5_correct = images};
  uint64_t bytes = report_header().size() + golden_row(golden).size();
  for (const Fault fault : faults) bytes += most_row_bytes(fault, images);
  return bytes;
}

Report parse_report(std::string_view text, const std::string& label) {
  return ReportReader(text, label).read();
}

}  // namespace tf_injector::detail
