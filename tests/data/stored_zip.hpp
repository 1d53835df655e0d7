// A zip archive of stored members, for tests.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace tf_injector::detail::data::test {

inline uint32_t crc32_of(const std::string& bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  for (const char c : bytes) {
    crc ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0xEDB88320u : 0u);
  }
  return ~crc;
}

inline std::string little_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFF);
  return text;
}

// Members are (name, content) pairs.
inline std::string stored_zip(const std::vector<std::pair<std::string, std::string>>& members) {
  std::string zip;
  std::string directory;
  for (const auto& [name, content] : members) {
    const auto size = static_cast<uint32_t>(content.size());
    // version, flags, method, time, date (1 January 1980), CRC-32, both sizes, lengths of name and extra
    // field
    const std::string header = little_endian(20, 2) + std::string(6, char{0}) + little_endian(0x21, 2) +
                               little_endian(crc32_of(content), 4) + little_endian(size, 4) +
                               little_endian(size, 4) + little_endian(static_cast<uint32_t>(name.size()), 2) +
                               little_endian(0, 2);
    const auto offset = static_cast<uint32_t>(zip.size());
    zip += "PK\3\4" + header + name + content;
    // length of the comment, disk, attributes; offset of the header
    directory +=
        "PK\1\2" + little_endian(20, 2) + header + std::string(10, '\0') + little_endian(offset, 4) + name;
  }
  const auto count = static_cast<uint32_t>(members.size());
  const auto offset = static_cast<uint32_t>(zip.size());
  return zip + directory + "PK\5\6" + std::string(4, '\0') + little_endian(count, 2) +
         little_endian(count, 2) + little_endian(static_cast<uint32_t>(directory.size()), 4) +
         little_endian(offset, 4) + std::string(2, '\0');
}

}  // namespace tf_injector::detail::data::test
