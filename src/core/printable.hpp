// Text from the user's files, made fit for a message: on one line, without control characters, not too long.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector::detail {

// Longer pieces of a file are cut in messages; bytes.
inline constexpr size_t kLongestShown = 60;

// `text` with control characters as "\x1b". Text of more than `longest` bytes is cut and ends in "...".
[[nodiscard]] std::string printable(std::string_view text, size_t longest = kLongestShown);
// The same in double quotes.
[[nodiscard]] std::string double_quoted(std::string_view text);
// `text` in single quotes, with all but printable ASCII as "\x1b"; cut like printable.
[[nodiscard]] std::string single_quoted(std::string_view text);

// True if a byte of the text is below 0x20 or is 0x7F: a NUL, a line end, the start of an escape sequence.
[[nodiscard]] bool has_control_characters(std::string_view text);

// `text` with every control character (line ends, escape sequences) as '?': one line, whatever the file
// holds. Text of more than `longest` bytes is cut and ends in "...".
[[nodiscard]] std::string one_line(std::string_view text, size_t longest = std::string_view::npos);

}  // namespace tf_injector::detail
