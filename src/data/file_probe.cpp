#include "data/file_probe.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <filesystem>

#include "io/file.hpp"
#include "io/posix.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {

bool is_file(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

bool is_stream(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return !error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

bool is_folder(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_directory(path, error);
}

std::string in_folder(const std::string& folder, std::string_view name) {
  return folder + (folder.ends_with('/') ? "" : "/") + std::string(name);
}

std::string base_name(const std::string& path) {
  const size_t end = path.find_last_not_of('/');
  if (end == std::string::npos) return "";
  const size_t slash = path.rfind('/', end);
  const size_t begin = slash == std::string::npos ? 0 : slash + 1;
  return path.substr(begin, end + 1 - begin);
}

std::vector<uint8_t> start_of_file(const std::string& path) {
  std::vector<uint8_t> start(16);
  const posix::UniqueFd fd = posix::open_file(path, O_RDONLY | O_NONBLOCK);
  const ptrdiff_t n = fd.valid() ? posix::read_full(fd.get(), start.data(), start.size()) : 0;
  start.resize(n < 0 ? 0 : static_cast<size_t>(n));
  return start;
}

std::vector<uint8_t> read_data_file(const std::string& path) {
  constexpr uintmax_t kMaxBytes = uintmax_t{1} << 30;
  std::error_code error;
  const uintmax_t size = std::filesystem::file_size(path, error);
  if (!error && size > kMaxBytes)
    throw DatasetError(fmt::format("{}: {} bytes; no test set is that large", path, size));
  try {
    return read_bytes(path);
  } catch (const Error& unreadable) {
    throw DatasetError(unreadable.what());
  }
}

}  // namespace tf_injector::detail::data
