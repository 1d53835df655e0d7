#include "cli/console/standard_streams.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/retry_interrupted.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {

bool take_closed_standard_streams() noexcept {
  // The lowest free number is given each time. O_PATH: reads and writes fail with EBADF, as on a closed
  // descriptor; the root folder is there even where /dev is not.
  int taken = -1;
  do {
    taken = retry_interrupted([] { return ::open("/", O_PATH); });
  } while (taken >= 0 && taken <= STDERR_FILENO);
  if (taken < 0) return false;
  ::close(taken);
  return true;
}

std::string standard_stream_into(const std::string& path) {
  struct stat file {
  }, stream{};
  if (::stat(path.c_str(), &file) != 0 || !S_ISREG(file.st_mode)) return "";
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    if (::fstat(descriptor, &stream) == 0 && stream.st_dev == file.st_dev && stream.st_ino == file.st_ino)
      return descriptor == STDOUT_FILENO ? "standard output" : "standard error";
  }
  return "";
}

void require_own_file(const char* flag, const std::string& path) {
  const std::string stream = path.empty() ? "" : standard_stream_into(path);
  if (stream.empty()) return;
  throw Error(ErrorKind::usage,
              fmt::format("{} {}: {} is redirected into that file; give one of them another name", flag, path,
                          stream));
}

}  // namespace tf_injector::detail::cli
