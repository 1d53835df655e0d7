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
  int column = 0;    // from 1, in bytes, where the field starts, behind free spaces
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

// Whether spaces behind a separator belong to the field, as in Python's csv, or mean nothing, as with its
// skipinitialspace; then those behind a closing quote mean nothing either.
enum class CsvSpaces { kept, free };

// Parses a whole file's text: LF, CRLF or CR CR LF, an UTF-8 BOM at the start is skipped, `separator` is ',',
// ';' or a tab.
[[nodiscard]] CsvDocument parse_csv(std::string_view text, char separator = ',',
                                    CsvSpaces spaces = CsvSpaces::kept);

// `text` without the BOM that it may begin with.
[[nodiscard]] std::string_view without_bom(std::string_view text);

// One field as csv.writer writes it: quoted only when it holds the separator, a quote, CR or LF.
[[nodiscard]] std::string csv_field(std::string_view text);

}  // namespace tf_injector
