// Reads CSV as Python's csv module writes it (QUOTE_MINIMAL, "" inside quotes), with the position of every
// field, and writes single fields.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

inline constexpr size_t kMostLineBytes = 65536;  // of a line, without its end

struct CsvField {
  std::string text;  // unquoted
  int line = 0;      // from 1
  int column = 0;    // from 1, in bytes: where the field starts, after spaces that are ignored
};

struct CsvRow {
  int line = 0;
  std::vector<CsvField> fields;
};

struct CsvProblem {
  int line = 0;
  int column = 0;
  std::string text;  // "NUL byte", "a line of more than 65536 bytes", "quote that is not closed", ...
};

// A field of a row that is read into memory used again: valid until the next row is.
struct CsvFieldView {
  std::string_view text;
  int line = 0;
  int column = 0;
};

struct CsvRowView {
  int line = 0;
  std::vector<CsvFieldView> fields;
  std::string unquoted;  // fields with a quote inside, which `fields` look into
};
[[nodiscard]] CsvRow owned(const CsvRowView& row);

// kept: spaces after a separator belong to the field, as in Python's csv. free: they are ignored, as with its
// skipinitialspace, and so are spaces after a closing quote.
enum class CsvSpaces { kept, free };

struct CsvForm {
  char separator = ',';  // ',', ';' or a tab
  CsvSpaces spaces = CsvSpaces::kept;
};

// Parses one line, without its end, into `row`; returns the line's first problem, and then `row` means
// nothing. `text` must outlive the use of `row`.
[[nodiscard]] std::optional<CsvProblem> parse_csv_line(std::string_view text, int line, CsvForm form,
                                                       CsvRowView& row);

// Reads a text line by line in constant memory. Lines end with LF, CRLF or CR CR LF; a UTF-8 BOM at the start
// and blank lines are skipped. Ends at a line that is too long, at UTF-16 and behind line 2147483647: what
// follows is not read.
class CsvReader {
 public:
  // Writes up to so many of the next bytes of the text and returns their number: 0 at its end.
  using Read = std::function<size_t(char* into, size_t most)>;
  enum class Next { row, problem, end };

  explicit CsvReader(Read read);
  explicit CsvReader(std::string_view text);  // which must outlive the reader

  // Of the lines that are read from now on.
  void set_form(CsvForm form) noexcept { form_ = form; }
  // The next line that is not blank, without its end, and its number. Nothing at the end and where the line
  // has a problem that ends the text. The line is still there for `next`.
  struct Line {
    int number = 0;
    std::string_view text;
  };
  [[nodiscard]] std::optional<Line> peek();
  // The next line that is not blank: parsed into row(), or what is wrong with it in problem().
  [[nodiscard]] Next next();
  [[nodiscard]] CsvRowView& row() noexcept { return row_; }
  [[nodiscard]] const CsvProblem& problem() const noexcept { return problem_; }
  [[nodiscard]] uint64_t bytes() const noexcept { return taken_ + begin_; }  // of all lines so far

 private:
  bool begin_text();
  bool fetch();
  bool take_line(const char* end, size_t with_end);
  void refill();
  void stop(int column, const char* text);
  void stop_at_long_line();
  [[nodiscard]] const char* data() const noexcept { return read_ ? buffer_.data() : whole_.data(); }

  Read read_;
  std::string_view whole_;      // without `read_`
  std::vector<char> buffer_;    // with it
  size_t begin_ = 0, end_ = 0;  // of what is not parsed yet
  uint64_t taken_ = 0;          // bytes that stood in front of the buffer
  bool is_begun_ = false, is_last_ = false, is_stopped_ = false;
  int line_ = 0;
  std::optional<std::string_view> fetched_;  // the line of that number
  CsvForm form_;
  CsvRowView row_;
  CsvProblem problem_;
  bool has_problem_ = false;
};

struct CsvDocument {
  std::vector<CsvRow> rows;          // without blank lines and lines with a problem
  std::vector<CsvProblem> problems;  // at most one per line
};

// Parses the text of a whole file, as CsvReader does. Damaged lines are listed in `problems`; nothing is
// thrown.
[[nodiscard]] CsvDocument parse_csv(std::string_view text, char separator = ',',
                                    CsvSpaces spaces = CsvSpaces::kept);

// `text` without the UTF-8 BOM at its start, if there is one.
[[nodiscard]] std::string_view without_bom(std::string_view text);

// One field as csv.writer writes it: in quotes only if it holds a comma, a quote, CR or LF.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace tf_injector::detail
