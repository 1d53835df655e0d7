// Text from the user's files, made fit for a message: on one line, without control characters, not too long.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::detail {

// Longer pieces of a file are cut in messages; bytes.
inline constexpr size_t kLongestShown = 60;
// For text that is shown whole, such as a path.
inline constexpr size_t kUncut = std::string_view::npos;

// `text` with control characters as "\x1b". Text of more than `longest` bytes is cut and ends in "...".
[[nodiscard]] std::string printable(std::string_view text, size_t longest = kLongestShown);
// The same in double quotes.
[[nodiscard]] std::string double_quoted(std::string_view text);
// `text` in single quotes, with all but printable ASCII as "\x1b"; cut like printable.
[[nodiscard]] std::string single_quoted(std::string_view text);

// True if the text holds anything that terminal_safe would escape, a line end or a tab.
[[nodiscard]] bool has_control_characters(std::string_view text);

// `text` with what a terminal would obey rather than show as "\x1b" or "\u202e": control characters, those
// from U+0080 to U+009F and their single bytes too, line separators, and marks that change the direction of
// text. Line ends and tabs stay.
[[nodiscard]] std::string terminal_safe(std::string_view text);

// `text` with every control character (line ends, escape sequences) as '?': one line, whatever the file
// holds. Text of more than `longest` bytes is cut and ends in "...".
[[nodiscard]] std::string one_line(std::string_view text, size_t longest = kUncut);

}  // namespace tf_injector::detail
