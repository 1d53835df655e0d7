// Reads the results of faults from CSV: reports and published lists.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <limits>
#include <span>
#include <unordered_map>
#include <utility>

#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "fault/index_syntax.hpp"
#include "fault/list_form.hpp"
#include "io/csv.hpp"
#include "io/file.hpp"
#include "report/csv_report.hpp"
#include "report/report_names.hpp"
#include "report/run_metadata.hpp"
#include "session/guarded.hpp"
#include "tf_injector/compare.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr size_t kNowhere = std::string::npos;
constexpr std::string_view kGoldenId = "golden";
constexpr size_t kFirstCount = 5;  // of kKeys

// What a row must have besides counts, with the names that it goes by, in lower case.
struct Key {
  const char* shown;  // in messages
  std::array<std::string_view, 3> names;
};
constexpr std::array<Key, kFirstCount> kKeys{
    {{"inj_id (or Injection)", {"inj_id", "injection", ""}},
     {"target_layer (or Layer)", {"target_layer", "layer", ""}},
     {"layer_weigths (or TensorIndex)", {"layer_weigths", "layer_weights", "tensorindex"}},
     {"bit_pos (or Bit)", {"bit_pos", "bit", ""}},
     {"n_injections", {"n_injections", "", ""}}}};
enum KeyPlace : size_t { kId, kLayer, kIndex, kBit, kImages };

std::string lower_case(std::string_view text) {
  std::string result(trimmed(text));
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

// The one of comma, semicolon and tab that stands most often in the first line.
char separator_of(std::string_view text) {
  const std::string_view line = without_bom(text).substr(0, text.find('\n'));
  char best = ',';
  for (const char separator : {';', '\t'}) {
    if (std::count(line.begin(), line.end(), separator) > std::count(line.begin(), line.end(), best))
      best = separator;
  }
  return best;
}

class ResultReader {
 public:
  ResultReader(std::string_view text, const std::string& name) : text_(text) { results_.source = name; }

  FaultResults read() {
    const std::string_view whole = whole_lines();
    const CsvDocument document = parse_csv(whole, separator_of(whole), CsvSpaces::free);
    for (const CsvProblem& problem : document.problems) add(problem.line, problem.column, problem.text);
    if (document.rows.empty()) {
      add(1, 1, "no header: the file is empty");
    } else if (read_header(document.rows.front())) {
      for (const CsvRow& row : std::span(document.rows).subspan(1)) read_row(row);
    }
    if (!problems_.empty()) throw Error(ErrorKind::bad_input, problems_.text());
    if (is_report_ && results_.rows.empty() && !results_.golden) results_.is_unfinished = true;
    return std::move(results_);
  }

 private:
  void add(int line, int column, const std::string& what) {
    problems_.add(fmt::format("{}:{}:{}: {}", results_.source, line, column, what));
  }
  void add(const CsvField& field, std::string_view name, const std::string& expected) {
    add(field.line, field.column,
        fmt::format("{}: expected {}, found {}", name, expected, double_quoted(field.text)));
  }

  // A report is written line by line, and every line ends: a last one that does not was cut.
  std::string_view whole_lines() {
    const std::string_view line = without_bom(text_).substr(0, without_bom(text_).find_first_of("\r\n"));
    is_report_ = line.starts_with("inj_id,");
    const size_t end = text_.rfind('\n');
    if (!is_report_ || text_.ends_with('\n') || end == std::string_view::npos) return text_;
    results_.is_unfinished = true;
    return text_.substr(0, end + 1);
  }

  bool read_header(const CsvRow& row) {
    std::vector<std::string> names, left_out;
    for (const CsvField& field : row.fields) names.push_back(lower_case(field.text));
    std::vector<bool> is_known(names.size());
    const auto find = [&](std::string_view name) {
      const auto at = name.empty() ? names.end() : std::find(names.begin(), names.end(), name);
      if (at == names.end()) return kNowhere;
      is_known[static_cast<size_t>(at - names.begin())] = true;
      return static_cast<size_t>(at - names.begin());
    };
    std::vector<std::string> missing;
    for (size_t key = 0; key < kKeys.size(); ++key) {
      for (const std::string_view name : kKeys[key].names) keys_[key] = std::min(keys_[key], find(name));
      if (keys_[key] == kNowhere) missing.emplace_back(kKeys[key].shown);
    }
    for (const TallyColumn& column : tally_columns().subspan(1)) {
      const size_t place = find(lower_case(column.name));
      if (place == kNowhere) continue;
      results_.columns.emplace_back(column.name);
      counts_.push_back(place);
    }
    if (counts_.empty()) missing.emplace_back("any of masked, non_critical, critical, top_1_correct, ...");
    if (!missing.empty()) {
      add(row.line, 1, fmt::format("no results of faults: the header lacks {}", fmt::join(missing, "; ")));
      return false;
    }
    for (size_t i = 0; i < names.size(); ++i)
      if (!is_known[i] && !names[i].empty()) left_out.push_back(printable(row.fields[i].text));
    if (!left_out.empty())
      results_.notes.push_back(
          fmt::format("{}: left out: column {}", results_.source, fmt::join(left_out, ", ")));
    width_ = names.size();
    return true;
  }

  void read_row(const CsvRow& row) {
    if (is_blank(row)) return;
    const bool is_golden =
        keys_[kId] < row.fields.size() && lower_case(row.fields[keys_[kId]].text) == kGoldenId;
    // A golden row has one field fewer than the header.
    if (row.fields.size() + (is_golden ? 1 : 0) < width_ || row.fields.size() > width_) {
      add(row.line, 1, fmt::format("expected {} columns, found {}", width_, row.fields.size()));
    } else if (is_golden) {
      read_golden(row);
    } else {
      read_fault(row);
    }
  }

  std::optional<int64_t> number(const CsvField& field, std::string_view name, int64_t least, int64_t most,
                                const std::string& expected = "") {
    const auto parsed = parse_whole_number(field.text);
    if (parsed && !parsed->saturated && parsed->value >= least && parsed->value <= most) return parsed->value;
    add(field, name, expected.empty() ? fmt::format("a whole number from {} to {}", least, most) : expected);
    return std::nullopt;
  }

  // A count of images; non_critical can be negative, where golden scores tie.
  std::optional<int64_t> count(const CsvField& field, size_t column, int64_t images) {
    const std::string& name = results_.columns[column];
    return number(field, name, name == "non_critical" ? -images : 0, images);
  }

  void read_golden(const CsvRow& row) {
    if (results_.golden) return add(row.line, 1, "a second row of the golden run");
    GoldenResult golden;
    if (keys_[kImages] >= row.fields.size())
      return add(row.line, 1, "n_injections of the golden row is missing");
    const auto images = number(row.fields[keys_[kImages]], "n_injections", 1, kMostReportImages);
    if (!images) return;
    golden.images = *images;
    for (size_t column = 0; column < counts_.size(); ++column) {
      const size_t place = counts_[column];
      const bool is_empty = place >= row.fields.size() || trimmed(row.fields[place].text).empty();
      golden.counts.push_back(is_empty ? std::nullopt : count(row.fields[place], column, *images));
    }
    results_.golden = std::move(golden);
  }

  void read_fault(const CsvRow& row) {
    const auto field = [&](KeyPlace key) -> const CsvField& { return row.fields[keys_[key]]; };
    const auto id = number(field(kId), "the fault's number", std::numeric_limits<int64_t>::min() + 1,
                           std::numeric_limits<int64_t>::max() - 1, "a whole number");
    const std::string layer(trimmed(field(kLayer).text));
    if (layer.empty()) add(field(kLayer), "the layer", "a name");
    ParsedIndex index;
    parse_index(field(kIndex).text, index);
    if (!index.problem.empty()) add(field(kIndex), "the index", "a tuple like (2, 1, 0, 7)");
    const auto bit = number(field(kBit), "the bit", 0, 31);
    const auto images = number(field(kImages), "n_injections", 1, kMostReportImages);
    if (!id || !bit || !images || layer.empty() || !index.problem.empty()) return;
    FaultResult result{.fault = bit_flip(*id, layer, std::move(index.values), static_cast<int>(*bit)),
                       .images = *images};
    for (size_t column = 0; column < counts_.size(); ++column) {
      const auto found = count(row.fields[counts_[column]], column, *images);
      if (!found) return;
      result.counts.push_back(*found);
    }
    if (!adds_up(result))
      return add(row.line, 1, "masked + non_critical + critical is not the number of images");
    const auto [first, is_new] = lines_.emplace(*id, row.line);
    if (!is_new)
      return add(field(kId), "the fault's number",
                 fmt::format("each once (it stands in line {} already)", first->second));
    results_.rows.push_back(std::move(result));
  }

  [[nodiscard]] bool adds_up(const FaultResult& result) const {
    int64_t sum = 0;
    for (const char* name : {"masked", "non_critical", "critical"}) {
      const auto at = std::find(results_.columns.begin(), results_.columns.end(), name);
      if (at == results_.columns.end()) return true;
      sum += result.counts[static_cast<size_t>(at - results_.columns.begin())];
    }
    return sum == result.images;
  }

  std::string_view text_;
  FaultResults results_;
  ProblemLines problems_;
  bool is_report_ = false;  // of this program or the Python tool
  std::array<size_t, kFirstCount> keys_{kNowhere, kNowhere, kNowhere, kNowhere, kNowhere};
  std::vector<size_t> counts_;  // places of FaultResults::columns
  size_t width_ = 0;
  std::unordered_map<int64_t, int> lines_;  // line numbers by the fault's number
};

// What stands in the report's metadata, if they are its own.
void add_metadata(FaultResults& results) {
  const std::string path = metadata_path_of(results.source);
  if (path == results.source || !file_exists(path)) return;
  try {
    const RunMetadata metadata = parse_metadata(read_text(path), path);
    if (metadata.report != std::filesystem::path(results.source).filename().string()) return;
    results.settings = readable_settings(metadata.settings);
    if (metadata.finished) return;
    results.is_unfinished = true;
    results.notes.push_back(
        fmt::format("{} is unfinished: {} of {} faults; the command that wrote it goes on", results.source,
                    results.rows.size(), metadata.faults));
  } catch (const Error& error) {  // the rows count, with or without them
    results.notes.push_back(fmt::format("{}: left unread: {}", path, error.what()));
  }
}

}  // namespace

FaultResults FaultResults::parse(std::string_view csv, const std::string& name) {
  return guarded([&] { return ResultReader(csv, name).read(); });
}

FaultResults FaultResults::read(const std::string& path) {
  return guarded([&] {
    FaultResults results = parse(read_text(path), path);
    const size_t notes = results.notes.size();
    add_metadata(results);
    if (results.is_unfinished && results.notes.size() == notes)
      results.notes.push_back(
          fmt::format("{} is unfinished: {}", path,
                      results.golden ? "its last line is torn" : "it has no golden row yet"));
    return results;
  });
}

}  // namespace tf_injector
