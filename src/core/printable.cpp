#include "core/printable.hpp"

#include <algorithm>

#include "core/utf8.hpp"

namespace tf_injector::detail {
namespace {

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool is_no_ascii(char c) { return static_cast<unsigned char>(c) >= 0x80; }
bool is_plain(char c) { return !is_control(c) && !is_no_ascii(c); }

const char* ending(std::string_view text, size_t longest) { return text.size() > longest ? "..." : ""; }

// `text` with the characters that `escaped` picks as "\x1b".
template <typename Escaped>
std::string with_escapes(std::string_view text, Escaped escaped) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (char c : text) {
    if (escaped(c)) {
      const auto byte = static_cast<unsigned char>(c);
      result += "\\x";
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    } else {
      result += c;
    }
  }
  return result;
}

}  // namespace

std::string printable(std::string_view text, size_t longest) {
  return with_escapes(text.substr(0, longest), is_control) + ending(text, longest);
}

std::string double_quoted(std::string_view text) { return "\"" + printable(text) + "\""; }

std::string single_quoted(std::string_view text) {
  const auto escaped = [](char c) { return is_control(c) || is_no_ascii(c); };
  return "'" + with_escapes(text.substr(0, kLongestShown), escaped) + ending(text, kLongestShown) + "'";
}

std::string terminal_safe(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string safe;
  while (!text.empty()) {
    const Utf8Character character = first_character(text);
    const auto byte = static_cast<unsigned char>(text[0]);
    const bool is_c1_byte = !character.point && byte >= 0x80 && byte <= 0x9F;
    if (text[0] == '\n' || text[0] == '\t') {
      safe += text[0];
    } else if (is_c1_byte || (character.point && *character.point < 0x20)) {
      safe += with_escapes(text.substr(0, 1), [](char) { return true; });
    } else if (character.point && is_obeyed(*character.point)) {
      constexpr std::string_view kDigits = "0123456789abcdef";
      safe += "\\u";
      for (int shift = 12; shift >= 0; shift -= 4) safe += kDigits[*character.point >> shift & 15];
    } else {
      safe += text.substr(0, character.bytes);
    }
    text.remove_prefix(character.bytes);
  }
  return safe;
}

bool has_control_characters(std::string_view text) {
  return text.find_first_of("\n\t") != std::string_view::npos || terminal_safe(text) != text;
}

std::string one_line(std::string_view text, size_t longest) {
  std::string line(text.substr(0, longest));
  for (char& c : line) {
    if (is_control(c)) c = '?';
  }
  return line + ending(text, longest);
}

}  // namespace tf_injector::detail
