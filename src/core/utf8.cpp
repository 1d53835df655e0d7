#include "core/utf8.hpp"

#include <cstdint>

namespace tf_injector::detail {

Utf8Character first_character(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const uint8_t first = byte(0);
  if (first < 0x80) return {1, first};
  const size_t length = first >= 0xF0 && first < 0xF5 ? 4 : first >= 0xE0 ? 3 : first >= 0xC2 ? 2 : 1;
  if (length == 1 || first >= 0xF5 || text.size() < length) return {};
  char32_t point = first & (0xFF >> (length + 1));
  for (size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    point = point << 6 | (byte(i) & 0x3F);
  }
  constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool is_surrogate = point >= 0xD800 && point <= 0xDFFF;
  if (point < kLeast[length] || point > 0x10FFFF || is_surrogate) return {};
  return {length, point};
}

bool is_utf8(std::string_view text) {
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    if (!character.point) return false;
    text.remove_prefix(character.bytes);
  }
  return true;
}

bool is_obeyed(char32_t point) {
  const bool is_control = point < 0x20 || (point >= 0x7F && point < 0xA0);
  const bool turns_direction = point == 0x200E || point == 0x200F || (point >= 0x202A && point <= 0x202E) ||
                               (point >= 0x2066 && point <= 0x2069) || point == 0x061C;
  const bool ends_line = point == 0x2028 || point == 0x2029;
  return is_control || turns_direction || ends_line;
}

}  // namespace tf_injector::detail
