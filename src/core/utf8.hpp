// Characters of UTF-8 text.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace tf_injector::detail {

// The bytes of the character that a text begins with, and its code point; one byte and no code point where it
// begins with none (a lone or missing byte, more bytes than needed, a surrogate, beyond U+10FFFF).
struct Utf8Character {
  size_t bytes = 1;
  std::optional<char32_t> point = {};
};
// `text` is not empty.
[[nodiscard]] Utf8Character first_character(std::string_view text);

[[nodiscard]] bool is_utf8(std::string_view text);

// Not shown but obeyed: control characters, those from U+0080 to U+009F too, line separators, and marks that
// change the direction of text.
[[nodiscard]] bool is_obeyed(char32_t point);

}  // namespace tf_injector::detail
