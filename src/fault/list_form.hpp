// How a fault list is written: its separator, and what its first line is.
#pragma once

#include <string>
#include <string_view>

#include "io/csv.hpp"

namespace tf_injector {

inline constexpr const char* kListHeader = "\"Injection,Layer,TensorIndex,Bit\"";
inline constexpr size_t kListColumns = 4;

struct ListForm {
  char separator = ',';
  bool has_separator_line = false;  // Excel's "sep=;" before the header
  std::string problem;              // of the separator line; "" mostly
};

// By the "sep=" line, else by the header: the one of comma, semicolon and tab with which it has the right
// names.
[[nodiscard]] ListForm find_list_form(std::string_view text);

// Whether these are the four names, in any case, with spaces around them; empty columns may follow.
[[nodiscard]] bool is_list_header(const CsvRow& row);
// Whether these are the four names in another order.
[[nodiscard]] bool is_reordered_header(const CsvRow& row);
// What is wrong with another header: "wrong header: column 1 is an index ...".
[[nodiscard]] std::string header_problem(const CsvRow& row);

// Without spaces and tabs around it.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// Whether every field is empty but for spaces: what spreadsheets write for rows that were emptied.
[[nodiscard]] bool is_blank(const CsvRow& row);

}  // namespace tf_injector
