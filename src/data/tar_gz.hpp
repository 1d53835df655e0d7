// Finds one member of a .tar.gz archive (ustar, GNU and pax names) while decompressing it as a stream.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail::data {

struct TarMember {
  std::string name;
  std::vector<uint8_t> bytes;
};

// The first regular file whose name `wanted` accepts; nothing if there is none. The archive is read to its
// end, because gzip's checksum stands there. Throws DatasetError: not gzip, damaged or truncated, or the
// wanted member is larger than 1 GiB.
[[nodiscard]] std::optional<TarMember> find_in_tar_gz(const std::string& path,
                                                      const std::function<bool(const std::string&)>& wanted);

// True if a file that starts with these bytes is a gzip file.
[[nodiscard]] bool is_gzip(std::span<const uint8_t> start) noexcept;

}  // namespace tf_injector::detail::data
