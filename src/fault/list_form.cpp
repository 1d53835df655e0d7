#include "fault/list_form.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

#include "core/printable.hpp"
#include "fault/index_syntax.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kSeparators = ",;\t";
constexpr std::array<std::string_view, kListColumns> kNames{"injection", "layer", "tensorindex", "bit"};

constexpr std::array<std::string_view, kMoreColumns> kMoreNames{"tensor", "model", "value",
                                                                "part",   "image", "call"};

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string result(trimmed(text));
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

// The text after "sep=", which may be in quotes; nothing if the line is not a separator line.
std::optional<std::string_view> separator_line(std::string_view line) {
  constexpr std::string_view kStart = "sep=";
  if (line.starts_with('"')) line = line.substr(1, line.find('"', 1) - 1);
  if (line.size() < kStart.size() || lowered(line.substr(0, kStart.size())) != kStart) return std::nullopt;
  return line.substr(kStart.size());
}

std::vector<CsvField> fields_of(std::string_view line, char separator) {
  CsvRowView row;
  if (parse_csv_line(line, 1, {.separator = separator, .spaces = CsvSpaces::free}, row)) return {};
  return owned(row).fields;
}

// The first of four consecutive columns with the four names, or npos.
size_t place_of_names(const CsvRow& row) {
  for (size_t first = 0; first + kListColumns <= row.fields.size(); ++first) {
    const auto begin = row.fields.begin() + static_cast<std::ptrdiff_t>(first);
    if (std::equal(kNames.begin(), kNames.end(), begin,
                   [](std::string_view name, const CsvField& field) { return lowered(field.text) == name; }))
      return first;
  }
  return std::string_view::npos;
}

// True if one column holds all four names: the file has another separator than was assumed.
bool is_header_in_one_column(const CsvRow& row) {
  return row.fields.size() == 1 && std::any_of(kSeparators.begin(), kSeparators.end(), [&](char separator) {
           return is_list_header({.line = 1, .fields = fields_of(row.fields.front().text, separator)});
         });
}

template <typename Field>
bool is_empty(const Field& field) {
  return trimmed(field.text).empty();
}

// The column of an extended list that has this name, as a ListColumn; nothing: none has.
std::optional<size_t> more_column(std::string_view text) {
  const auto known = std::find(kMoreNames.begin(), kMoreNames.end(), lowered(text));
  if (known == kMoreNames.end()) return std::nullopt;
  return static_cast<size_t>(known - kMoreNames.begin());
}

// Behind the four names: the first column that no list has, that stands twice, or that is empty and not at
// the end; the number of columns if there is none.
size_t place_of_foreign_column(const CsvRow& row) {
  std::array<bool, kMoreColumns> is_there{};
  size_t end = row.fields.size();
  while (end > kListColumns && is_empty(row.fields[end - 1])) --end;
  size_t unnamed = row.fields.size();
  for (size_t i = kListColumns; i < end; ++i) {
    if (is_empty(row.fields[i])) {
      unnamed = std::min(unnamed, i);
      continue;
    }
    const std::optional<size_t> known = more_column(row.fields[i].text);
    if (!known || std::exchange(is_there.at(*known), true)) return i;
  }
  return unnamed;
}

}  // namespace

ListForm find_list_form(std::string_view line) {
  ListForm form;
  if (const auto named = separator_line(line)) {
    form.has_separator_line = true;
    if (named->size() == 1 && kSeparators.find(*named) != std::string_view::npos) {
      form.separator = named->front();
    } else {
      form.problem =
          fmt::format("separator '{}'; expected a comma, a semicolon or a tab after sep=", printable(*named));
    }
    return form;
  }
  size_t most = 0;
  for (const char separator : kSeparators) {
    const CsvRow row{.line = 1, .fields = fields_of(line, separator)};
    if (is_list_header(row)) {
      form.separator = separator;
      return form;
    }
    if (row.fields.size() > most) {
      most = row.fields.size();
      form.separator = separator;
    }
  }
  return form;
}

bool is_list_header(const CsvRow& row) {
  return place_of_names(row) == 0 && place_of_foreign_column(row) == row.fields.size();
}

std::array<size_t, kMoreColumns> more_columns(const CsvRow& row) {
  std::array<size_t, kMoreColumns> columns{};
  for (size_t i = kListColumns; i < row.fields.size(); ++i) {
    if (const std::optional<size_t> known = more_column(row.fields[i].text)) columns.at(*known) = i;
  }
  return columns;
}

bool is_reordered_header(const CsvRow& row) {
  std::vector<std::string> names;
  for (const CsvField& field : row.fields) names.push_back(lowered(field.text));
  return !is_list_header(row) &&
         std::is_permutation(names.begin(), names.end(), kNames.begin(), kNames.end());
}

std::string header_problem(const CsvRow& row) {
  const std::string what = "wrong header";
  const size_t place = place_of_names(row);
  const auto column = [&](size_t i) {
    return fmt::format("{}: column {} (\"{}\")", what, i + 1, printable(row.fields[i].text));
  };
  if (is_header_in_one_column(row)) {
    return what +
           ": all names are one column; the separator must be the one of the sep= line, and no row may "
           "stand in quotes as a whole";
  }
  if (place == 1)
    return column(0) + " is an index, as pandas writes it; to_csv(..., index=False) leaves it out";
  if (place == 0) {
    const size_t extra = place_of_foreign_column(row);
    if (is_empty(row.fields[extra])) return column(extra) + " has no name";
    return column(extra) +
           (more_column(row.fields[extra].text) ? " stands twice" : " is none of a fault list");
  }
  const std::string_view first = trimmed(row.fields.front().text);
  if (first.starts_with('#')) return what + ": a comment, which lists cannot have";
  if (is_reordered_header(row)) return what + ": the columns are in another order";
  if (row.fields.size() == kListColumns && parse_listed_number(first))
    return what + ": a fault stands in its place";
  return what;
}

bool is_blank(const CsvRow& row) {
  return std::all_of(row.fields.begin(), row.fields.end(), is_empty<CsvField>);
}

bool is_blank(const CsvRowView& row) {
  return std::all_of(row.fields.begin(), row.fields.end(), is_empty<CsvFieldView>);
}

}  // namespace tf_injector::detail
