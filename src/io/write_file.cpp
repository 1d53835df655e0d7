#include "tf_injector/write_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

// A device or a pipe: written to, not replaced.
bool is_stream(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  return std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
         !std::filesystem::is_directory(status);
}

}  // namespace

void check_writable(const std::string& path) {
  if (!is_stream(path)) {
    detail::prepare_folder_for(path);
    const detail::AtomicFile file(path);  // under another name, and gone with it
  } else if (::access(path.c_str(), W_OK) != 0) {
    throw OutputError(path + ": cannot be written: " + std::strerror(errno));
  }
}

void write_file(const std::string& path, std::string_view bytes) {
  if (!is_stream(path)) {
    detail::prepare_folder_for(path);
    return detail::write_atomic(path, bytes);
  }
  errno = 0;
  std::ofstream stream(path, std::ios::binary);
  stream << bytes << std::flush;
  if (!stream) throw OutputError(path + ": cannot be written: " + std::strerror(errno != 0 ? errno : EIO));
}

}  // namespace tf_injector
