// The form of a fault list: its separator and its header.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "io/csv.hpp"

namespace tf_injector::detail {

inline constexpr const char* kListHeader = "\"Injection,Layer,TensorIndex,Bit\"";
inline constexpr size_t kListColumns = 4;

struct ListForm {
  char separator = ',';
  bool has_separator_line = false;  // Excel's "sep=;" before the header
  std::string problem;              // of the separator line, or ""
};

// The separator is that of the "sep=" line, else the one of comma, semicolon and tab that gives the header
// the right names. `line`: the first that is not blank, without its end.
[[nodiscard]] ListForm find_list_form(std::string_view line);

// The columns that an extended list has behind the four, each where its header says so.
enum class ListColumn { tensor, model, value, part, image, call };
inline constexpr size_t kMoreColumns = 6;

// True for the four names, in upper or lower case, with spaces around them; columns of an extended list may
// follow, each at most once, and empty ones at the end.
[[nodiscard]] bool is_list_header(const CsvRow& row);
// Of such a header: the field of each column of an extended list, by ListColumn; 0: there is none.
[[nodiscard]] std::array<size_t, kMoreColumns> more_columns(const CsvRow& row);
// True for the four names in another order.
[[nodiscard]] bool is_reordered_header(const CsvRow& row);
// Describes the problem of any other header: "wrong header: column 1 is an index ...".
[[nodiscard]] std::string header_problem(const CsvRow& row);

// True if every field is empty or holds only spaces, as spreadsheets write rows that were cleared.
[[nodiscard]] bool is_blank(const CsvRow& row);
[[nodiscard]] bool is_blank(const CsvRowView& row);

}  // namespace tf_injector::detail
