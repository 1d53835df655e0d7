#include "io/csv.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace tf_injector::detail {
namespace {

constexpr size_t kBlock = size_t{256} << 10;         // bytes that are read at once
constexpr size_t kMostWithEnd = kMostLineBytes + 3;  // CR CR LF
constexpr std::string_view kBom = "\xEF\xBB\xBF";
constexpr const char* kReturnInside = "carriage return inside a line; lines end with LF or CRLF";
constexpr const char* kTooLong = "a line of more than 65536 bytes";

size_t place_of(char c, std::string_view text) {
  const void* at = text.empty() ? nullptr : std::memchr(text.data(), c, text.size());
  return at == nullptr ? std::string_view::npos
                       : static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

// Parses one line (without its end) into `row`, or returns the first problem.
class LineParser {
 public:
  LineParser(std::string_view text, int line, CsvForm form, CsvRowView& row)
      : text_(text), line_(line), form_(form), row_(row) {}

  std::optional<CsvProblem> parse() {
    if (const size_t at = place_of('\r', text_); at != std::string_view::npos)
      return problem(at, kReturnInside);
    if (text_.size() > kMostLineBytes) return problem(0, kTooLong);
    if (const size_t at = place_of('\0', text_); at != std::string_view::npos) return problem(at, "NUL byte");
    row_.line = line_;
    row_.fields.clear();
    row_.unquoted.clear();
    for (size_t at = 0;;) {
      skip_spaces(at);
      CsvFieldView& field = row_.fields.emplace_back();
      field.line = line_;
      field.column = static_cast<int>(at) + 1;
      if (auto error = at < text_.size() && text_[at] == '"' ? quoted(at, field) : plain(at, field))
        return error;
      if (at == text_.size()) return std::nullopt;
      ++at;  // skip the separator
    }
  }

 private:
  CsvProblem problem(size_t at, const char* text) const {
    return {.line = line_, .column = static_cast<int>(at) + 1, .text = text};
  }

  void skip_spaces(size_t& at) const {
    if (form_.spaces == CsvSpaces::kept) return;
    while (at < text_.size() && text_[at] == ' ') ++at;
  }

  // Both leave `at` on the separator or at the end of the line.
  std::optional<CsvProblem> plain(size_t& at, CsvFieldView& field) const {
    const size_t start = at;
    while (at < text_.size() && text_[at] != form_.separator) {
      if (text_[at] == '"') return problem(at, "quote inside a field that does not start with one");
      ++at;
    }
    field.text = text_.substr(start, at - start);
    return std::nullopt;
  }

  std::optional<CsvProblem> quoted(size_t& at, CsvFieldView& field) const {
    const size_t start = at++;
    for (bool is_first = true;; is_first = false) {
      const size_t length = place_of('"', text_.substr(at));
      if (length == std::string_view::npos) return problem(start, "quote that is not closed");
      const std::string_view piece = text_.substr(at, length);
      at += length + 1;
      const bool goes_on = at < text_.size() && text_[at] == '"';  // "" is one quote
      if (is_first && !goes_on) {
        field.text = piece;
      } else {
        append(piece, goes_on, is_first, field);
      }
      if (!goes_on) break;
      ++at;
    }
    skip_spaces(at);
    if (at == text_.size() || text_[at] == form_.separator) return std::nullopt;
    return problem(at, "text after a closing quote");
  }

  // Adds a piece to the unquoted text that the field looks into, which never moves.
  void append(std::string_view piece, bool with_quote, bool is_first, CsvFieldView& field) const {
    std::string& text = row_.unquoted;
    if (text.empty()) text.reserve(text_.size());  // what is unquoted is shorter
    const size_t begin = is_first ? text.size() : text.size() - field.text.size();
    text.append(piece);
    if (with_quote) text += '"';
    field.text = std::string_view(text).substr(begin);
  }

  std::string_view text_;
  int line_;
  CsvForm form_;
  CsvRowView& row_;
};

bool is_blank(std::string_view line) {
  return std::all_of(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; });
}

}  // namespace

CsvRow owned(const CsvRowView& row) {
  CsvRow copy{.line = row.line, .fields = {}};
  copy.fields.reserve(row.fields.size());
  for (const CsvFieldView& field : row.fields)
    copy.fields.push_back({.text = std::string(field.text), .line = field.line, .column = field.column});
  return copy;
}

std::optional<CsvProblem> parse_csv_line(std::string_view text, int line, CsvForm form, CsvRowView& row) {
  return LineParser(text, line, form, row).parse();
}

CsvReader::CsvReader(Read read) : read_(std::move(read)), buffer_(kBlock) {}
CsvReader::CsvReader(std::string_view text) : whole_(text), end_(text.size()), is_last_(true) {}

std::optional<CsvReader::Line> CsvReader::peek() {
  if (!fetched_ && !fetch()) return std::nullopt;
  return Line{.number = line_, .text = *fetched_};
}

CsvReader::Next CsvReader::next() {
  if (!fetched_ && !fetch()) return std::exchange(has_problem_, false) ? Next::problem : Next::end;
  auto problem = parse_csv_line(*fetched_, line_, form_, row_);
  fetched_.reset();
  if (!problem) return Next::row;
  problem_ = std::move(*problem);
  return Next::problem;
}

// Fetches the next line that is not blank. False at the end, and where a problem ends the text.
bool CsvReader::fetch() {
  if (!is_begun_ && !begin_text()) return false;
  while (!is_stopped_) {
    const size_t rest = end_ - begin_, window = std::min(rest, kMostWithEnd);
    const char* begin = data() + begin_;
    const void* found = rest == 0 ? nullptr : std::memchr(begin, '\n', window);
    if (found != nullptr) {
      const auto* end = static_cast<const char*>(found);
      if (take_line(end, static_cast<size_t>(end - begin) + 1)) return true;
    } else if (rest >= kMostWithEnd) {
      stop_at_long_line();
    } else if (!is_last_) {
      refill();
    } else if (rest == 0) {
      return false;
    } else if (take_line(begin + rest, rest)) {
      return true;
    }
  }
  return false;
}

// Takes the line that ends at `end`, or stops. False if there is nothing to parse.
bool CsvReader::take_line(const char* end, size_t with_end) {
  const char* begin = data() + begin_;
  std::string_view text(begin, static_cast<size_t>(end - begin));
  while (text.ends_with('\r')) text.remove_suffix(1);  // CR CR LF: written as text on Windows
  if (text.size() > kMostLineBytes) {
    stop_at_long_line();
    return false;
  }
  if (line_ == std::numeric_limits<int>::max()) {
    stop(1, "a line behind line 2147483647");
    return false;
  }
  begin_ += with_end;
  ++line_;
  if (is_blank(text)) return false;
  fetched_ = text;
  return true;
}

// False for UTF-16, which has no lines that could be read.
bool CsvReader::begin_text() {
  is_begun_ = true;
  while (!is_last_ && end_ < kBom.size()) refill();
  const std::string_view start(data(), std::min(end_, kBom.size()));
  if (start.starts_with("\xFF\xFE") || start.starts_with("\xFE\xFF")) {
    stop(1, "UTF-16 text; save the file as UTF-8");
    return false;
  }
  if (start == kBom) begin_ = kBom.size();
  return true;
}

void CsvReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  taken_ += begin_;
  end_ -= begin_;
  begin_ = 0;
  const size_t bytes = read_(buffer_.data() + end_, buffer_.size() - end_);
  is_last_ = bytes == 0;
  end_ += bytes;
}

void CsvReader::stop(int column, const char* text) {
  is_stopped_ = has_problem_ = true;
  const int line = line_ < std::numeric_limits<int>::max() ? line_ + 1 : line_;
  problem_ = {.line = line, .column = column, .text = text};
}

// What is too long to be a line has no line ends, or those of another system.
void CsvReader::stop_at_long_line() {
  const std::string_view start(data() + begin_, std::min(end_ - begin_, kMostLineBytes));
  const size_t at = place_of('\r', start);
  if (at == std::string_view::npos) return stop(1, kTooLong);
  stop(static_cast<int>(at) + 1, kReturnInside);
}

std::string_view without_bom(std::string_view text) {
  if (text.starts_with(kBom)) text.remove_prefix(kBom.size());
  return text;
}

CsvDocument parse_csv(std::string_view text, char separator, CsvSpaces spaces) {
  CsvDocument document;
  CsvReader reader(text);
  reader.set_form({.separator = separator, .spaces = spaces});
  constexpr size_t kShortRow = 16;  // bytes: a file of empty lines must not reserve a row for each
  const auto lines = static_cast<size_t>(std::count(text.begin(), text.end(), '\n')) + 1;
  document.rows.reserve(std::min(lines, text.size() / kShortRow + 1));
  for (auto what = reader.next(); what != CsvReader::Next::end; what = reader.next()) {
    if (what == CsvReader::Next::row) {
      document.rows.push_back(owned(reader.row()));
    } else {
      document.problems.push_back(reader.problem());
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
