#include "io/csv.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

namespace tf_injector::detail {
namespace {

constexpr size_t kMaxLine = 65536;  // bytes, without the line end

// Parses one line (without its end) into `row`, or returns the first problem.
class LineParser {
 public:
  LineParser(std::string_view text, int line, char separator, CsvSpaces spaces)
      : text_(text), line_(line), separator_(separator), spaces_(spaces) {}

  std::optional<CsvProblem> parse(CsvRow& row) {
    if (const size_t at = text_.find('\r'); at != std::string_view::npos) {
      return problem(at, "carriage return inside a line; lines end with LF or CRLF");
    }
    if (text_.size() > kMaxLine) return problem(0, "a line of more than 65536 bytes");
    if (const size_t at = text_.find('\0'); at != std::string_view::npos) return problem(at, "NUL byte");
    row.line = line_;
    for (size_t at = 0;;) {
      skip_spaces(at);
      CsvField& field = row.fields.emplace_back();
      field.line = line_;
      field.column = static_cast<int>(at) + 1;
      const auto error = at < text_.size() && text_[at] == '"' ? quoted(at, field) : plain(at, field);
      if (error) return error;
      if (at == text_.size()) return std::nullopt;
      ++at;  // skip the separator
    }
  }

 private:
  CsvProblem problem(size_t at, const char* text) const {
    return {.line = line_, .column = static_cast<int>(at) + 1, .text = text};
  }

  void skip_spaces(size_t& at) const {
    if (spaces_ == CsvSpaces::free) at = std::min(text_.find_first_not_of(' ', at), text_.size());
  }

  // Both leave `at` on the separator or at the end of the line.
  std::optional<CsvProblem> plain(size_t& at, CsvField& field) const {
    const size_t start = at;
    while (at < text_.size() && text_[at] != separator_) {
      if (text_[at] == '"') return problem(at, "quote inside a field that does not start with one");
      ++at;
    }
    field.text.assign(text_.data() + start, at - start);
    return std::nullopt;
  }

  std::optional<CsvProblem> quoted(size_t& at, CsvField& field) const {
    const size_t start = at++;
    for (;;) {
      const size_t quote = text_.find('"', at);
      if (quote == std::string_view::npos) return problem(start, "quote that is not closed");
      field.text.append(text_.data() + at, quote - at);
      at = quote + 1;
      if (at < text_.size() && text_[at] == '"') {
        field.text += '"';  // "" is one quote
        ++at;
        continue;
      }
      skip_spaces(at);
      if (at == text_.size() || text_[at] == separator_) return std::nullopt;
      return problem(at, "text after a closing quote");
    }
  }

  std::string_view text_;
  int line_;
  char separator_;
  CsvSpaces spaces_;
};

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

}  // namespace

std::string_view without_bom(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

CsvDocument parse_csv(std::string_view text, char separator, CsvSpaces spaces) {
  CsvDocument document;
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")) {
    document.problems.push_back({.line = 1, .column = 1, .text = "UTF-16 text; save the file as UTF-8"});
    return document;
  }
  text = without_bom(text);
  constexpr size_t kShortRow = 16;  // bytes: a file of empty lines must not reserve a row for each
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  document.rows.reserve(std::min(lines, text.size() / kShortRow + 1));
  size_t columns = 4;  // of the previous row, to reserve memory: rows of one file have the same width
  for (int line = 1; !text.empty(); ++line) {
    const size_t end = text.find('\n');
    std::string_view content = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    while (content.ends_with('\r')) content.remove_suffix(1);  // CR CR LF: written as text on Windows
    if (is_blank(content)) continue;
    CsvRow& row = document.rows.emplace_back();
    row.fields.reserve(columns);
    if (auto problem = LineParser(content, line, separator, spaces).parse(row)) {
      document.problems.push_back(std::move(*problem));
      document.rows.pop_back();
    } else {
      columns = row.fields.size();
    }
  }
  return document;
}

std::string csv_field(std::string_view text) {
  if (text.find_first_of(",\"\r\n") == std::string_view::npos) return std::string(text);
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + '"';
}

}  // namespace tf_injector::detail
