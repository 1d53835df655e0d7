#include "tf_injector/write_file.hpp"

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

void write_file(const std::string& path, std::string_view bytes) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  if (!folder.empty()) detail::make_folders(folder.string());
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  const bool is_stream = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
                         !std::filesystem::is_directory(status);
  if (!is_stream) return detail::write_atomic(path, bytes);
  errno = 0;
  std::ofstream stream(path, std::ios::binary);
  stream << bytes << std::flush;
  if (!stream) throw OutputError(path + ": cannot be written: " + std::strerror(errno != 0 ? errno : EIO));
}

}  // namespace tf_injector
