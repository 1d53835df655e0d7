// What a path is (file, folder, pipe) and how its bytes begin: asked before a test set is read.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::detail::data {

[[nodiscard]] bool is_file(const std::string& path);
// A pipe or a device: its bytes can be read only once.
[[nodiscard]] bool is_stream(const std::string& path);
[[nodiscard]] bool is_folder(const std::string& path);
// "folder/name".
[[nodiscard]] std::string in_folder(const std::string& folder, std::string_view name);
// The last component of the path, without slashes at its end: "c" of "a/b/c/".
[[nodiscard]] std::string base_name(const std::string& path);
// The first bytes of a file (at most 16); empty if it cannot be read.
[[nodiscard]] std::vector<uint8_t> start_of_file(const std::string& path);
// All bytes of a test set's file. Throws DatasetError: unreadable, or larger than 1 GiB.
[[nodiscard]] std::vector<uint8_t> read_data_file(const std::string& path);

}  // namespace tf_injector::detail::data
