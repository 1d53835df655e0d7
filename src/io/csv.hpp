// CSV as Python's csv module writes it (QUOTE_MINIMAL, "" inside quotes), read with the position of every
// field.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector {

struct CsvField {
  std::string text;  // unquoted
  int line = 0;      // from 1
  int column = 0;    // from 1, in bytes, where the field starts
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
  std::vector<CsvRow> rows;          // blank lines left out
  std::vector<CsvProblem> problems;  // rows with a problem are left out of `rows`
};

// Parses a whole file's text: LF or CRLF, an UTF-8 BOM at the start is skipped, `separator` is ',' or ';'.
[[nodiscard]] CsvDocument parse_csv(std::string_view text, char separator = ',');

// One field as csv.writer writes it: quoted only when it holds the separator, a quote, CR or LF.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace tf_injector
