// Finds one member of a .tar.gz (ustar, GNU and pax names) while unpacking it as a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::data {

struct TarMember {
  std::string name;
  std::vector<uint8_t> bytes;
};

// The first regular file whose name `wanted` accepts; nothing when there is none. The archive is read to its
// end, where gzip's checksum shows damage. Throws DatasetError: no gzip file, damaged or cut, a member of
// more than 1 GiB wanted.
[[nodiscard]] std::optional<TarMember> find_in_tar_gz(const std::string& path,
                                                      const std::function<bool(const std::string&)>& wanted);

// Does a file that begins so look like gzip's?
[[nodiscard]] bool is_gzip(std::span<const uint8_t> start) noexcept;

}  // namespace tf_injector::data
