// Reads CSV as Python's csv module writes it (QUOTE_MINIMAL, "" inside quotes), with the position of every
// field, and writes single fields.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail {

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

struct CsvDocument {
  std::vector<CsvRow> rows;          // without blank lines and lines with a problem
  std::vector<CsvProblem> problems;  // at most one per line
};

// kept: spaces after a separator belong to the field, as in Python's csv. free: they are ignored, as with its
// skipinitialspace, and so are spaces after a closing quote.
enum class CsvSpaces { kept, free };

// Parses the text of a whole file. Lines end with LF, CRLF or CR CR LF; a UTF-8 BOM at the start is skipped.
// `separator` is ',', ';' or a tab. Damaged lines are listed in `problems`; nothing is thrown.
[[nodiscard]] CsvDocument parse_csv(std::string_view text, char separator = ',',
                                    CsvSpaces spaces = CsvSpaces::kept);

// `text` without the UTF-8 BOM at its start, if there is one.
[[nodiscard]] std::string_view without_bom(std::string_view text);

// One field as csv.writer writes it: in quotes only if it holds a comma, a quote, CR or LF.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace tf_injector::detail
