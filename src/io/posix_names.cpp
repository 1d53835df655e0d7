#include "io/posix_names.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "core/retry_interrupted.hpp"

namespace tf_injector::detail::posix {
namespace {

struct CloseFolder {
  void operator()(DIR* folder) const noexcept { ::closedir(folder); }
};

int error_of_call(int result) { return result == 0 ? 0 : errno; }

}  // namespace

int rename_file(const std::string& from, const std::string& to) {
  return error_of_call(retry_interrupted([&] { return std::rename(from.c_str(), to.c_str()); }));
}

int link_file(const std::string& from, const std::string& to) {
  return error_of_call(retry_interrupted([&] { return ::link(from.c_str(), to.c_str()); }));
}

int make_folder(const std::string& path) {
  return error_of_call(retry_interrupted([&] { return ::mkdir(path.c_str(), 0777); }));
}

int unlink_file(const std::string& path) {
  return error_of_call(retry_interrupted([&] { return ::unlink(path.c_str()); }));
}

std::vector<std::string> names_in_folder(const std::string& folder, int& error) {
  std::vector<std::string> names;
  const int fd =
      retry_interrupted([&] { return ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  const std::unique_ptr<DIR, CloseFolder> entries(fd < 0 ? nullptr : ::fdopendir(fd));  // which it closes
  if (!entries) {
    error = errno;
    if (fd >= 0) ::close(fd);
    return names;
  }
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(entries.get());
    if (entry == nullptr && errno == EINTR) continue;
    if (entry == nullptr) break;
    const std::string name = static_cast<const char*>(entry->d_name);
    if (name != "." && name != "..") names.push_back(name);
  }
  error = errno;
  return names;
}

int try_lock(int fd) {
  return error_of_call(retry_interrupted([&] { return ::flock(fd, LOCK_EX | LOCK_NB); }));
}

ptrdiff_t read_at(int fd, void* data, size_t size, size_t offset) {
  size_t done = 0;
  while (done < size) {
    const ptrdiff_t n = retry_interrupted([&] {
      return ::pread(fd, static_cast<char*>(data) + done, size - done, static_cast<off_t>(offset + done));
    });
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return static_cast<ptrdiff_t>(done);
}

}  // namespace tf_injector::detail::posix
