// Text out of files made fit for a message: on one line, without control characters, not too long.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tf_injector {

// Control characters become "\x1b"; what is longer than `longest` bytes is cut and ends in "...".
inline std::string printable(std::string_view text, size_t longest = 60) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string result;
  for (char c : text.substr(0, longest)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      result += "\\x";
      result += kDigits[byte >> 4];
      result += kDigits[byte & 15];
    } else {
      result += c;
    }
  }
  return text.size() > longest ? result + "..." : result;
}

}  // namespace tf_injector
