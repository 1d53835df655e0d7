#include "answers/verify/csv_lines.hpp"

#include <algorithm>
#include <utility>

#include "core/printable.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::string_view kCrLf = "\r\n";

// The fields of a line: commas between quotes are no separators. Never fails: the line may be damaged.
std::vector<std::string_view> fields_of(std::string_view line) {
  std::vector<std::string_view> fields;
  bool is_quoted = false;
  size_t begin = 0;
  for (size_t i = 0; i <= line.size(); ++i) {
    if (i < line.size() && line[i] == '"') is_quoted = !is_quoted;
    if (i < line.size() && (line[i] != ',' || is_quoted)) continue;
    fields.push_back(line.substr(begin, i - begin));
    begin = i + 1;
  }
  return fields;
}

std::string field_text(const std::vector<std::string_view>& fields, size_t i) {
  return i < fields.size() ? printable(fields[i]) : "nothing";
}

}  // namespace

std::vector<std::string_view> crlf_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  for (size_t at = 0, end = text.find(kCrLf); end != std::string_view::npos; end = text.find(kCrLf, at)) {
    lines.push_back(text.substr(at, end - at));
    at = end + kCrLf.size();
  }
  return lines;
}

void require_line(const std::string& file, int64_t number, std::string_view line, std::string_view expected,
                  bool only_beginning, const std::string& header, const std::string& whose,
                  DifferenceList& differences) {
  if (expected.ends_with(kCrLf)) expected.remove_suffix(kCrLf.size());
  if (only_beginning ? line.starts_with(expected) : line == expected) return;
  if (only_beginning) expected.remove_suffix(1);
  const std::vector<std::string_view> wanted = fields_of(expected), found = fields_of(line);
  const std::vector<std::string_view> names =
      fields_of(std::string_view(header).substr(0, header.find('\r')));
  const size_t most = only_beginning ? wanted.size() : std::max(wanted.size(), found.size());
  for (size_t i = 0; i < most; ++i) {
    if (i < wanted.size() && i < found.size() && wanted[i] == found[i]) continue;
    const std::string name = i < names.size() ? std::string(names[i]) : "a field too many";
    const int64_t column =
        i < found.size() ? found[i].data() - line.data() : static_cast<int64_t>(line.size());
    differences.add({.file = file,
                     .line = number,
                     .column = column + 1,
                     .what = name + whose,
                     .expected = field_text(wanted, i),
                     .found = field_text(found, i)});
  }
}

}  // namespace tf_injector::detail
