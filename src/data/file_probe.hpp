// Small questions about the files and folders where data is looked for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tf_injector::data {

[[nodiscard]] bool is_file(const std::string& path);
// A pipe or a device: what comes out of it can be read once.
[[nodiscard]] bool is_stream(const std::string& path);
[[nodiscard]] bool is_folder(const std::string& path);
// "folder/name".
[[nodiscard]] std::string in_folder(const std::string& folder, std::string_view name);
// What follows the last '/'.
[[nodiscard]] std::string base_name(const std::string& path);
// The first bytes of a file (up to 16); none when it cannot be read.
[[nodiscard]] std::vector<uint8_t> start_of_file(const std::string& path);
// A test set's file, at most 1 GiB. Throws DatasetError.
[[nodiscard]] std::vector<uint8_t> read_data_file(const std::string& path);

}  // namespace tf_injector::data
