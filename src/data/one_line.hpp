// Messages that quote what stands in a user's file.
#pragma once

#include <string>
#include <string_view>

namespace tf_injector::data {

// Control characters (line ends, escape sequences) become '?': a message is one line, whatever the file
// holds.
[[nodiscard]] inline std::string one_line(std::string_view text) {
  std::string line(text);
  for (char& c : line) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte == 0x7F) c = '?';
  }
  return line;
}

}  // namespace tf_injector::data
