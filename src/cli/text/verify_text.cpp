#include "cli/text/verify_text.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cli/console/flag_names.hpp"
#include "core/printable.hpp"

namespace tf_injector::detail::cli {
namespace {

std::string place_of(const VerifyDifference& difference) {
  std::string place = difference.file;
  if (difference.line > 0) place += fmt::format(":{}", difference.line);
  if (difference.column > 0) place += fmt::format(":{}", difference.column);
  return place;
}

std::string line_of(const VerifyDifference& difference) {
  std::string line = fmt::format("{}: {}", place_of(difference), with_flags(difference.what));
  if (!difference.expected.empty() || !difference.found.empty())
    line += fmt::format(": expected {}, found {}", difference.expected, difference.found);
  return one_line(line) + "\n";
}

// A report whose hash is wrong was changed where no row was drawn.
bool hides_a_row(const Verification& found) {
  const auto is_in_row = [&](const VerifyDifference& difference) {
    return difference.file == found.report && difference.line > 0;
  };
  const auto is_whole = [&](const VerifyDifference& difference) {
    return difference.file == found.report && difference.line == 0;
  };
  return found.rows_checked < found.rows &&
         std::any_of(found.differences.begin(), found.differences.end(), is_whole) &&
         std::none_of(found.differences.begin(), found.differences.end(), is_in_row);
}

}  // namespace

std::string verification_text(const Verification& found) {
  std::string text;
  for (const VerifyDifference& difference : found.differences) text += line_of(difference);
  if (found.more_differences > 0) text += fmt::format("... and {} more\n", found.more_differences);
  if (hides_a_row(found)) text += "no drawn row differs: --sample all finds those that do\n";
  return text + one_line(found.verdict) + "\n";
}

}  // namespace tf_injector::detail::cli
