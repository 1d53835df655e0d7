#include "io/posix.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "core/retry_interrupted.hpp"

namespace tf_injector::detail::posix {
namespace {

std::string remedy(int error) {
  switch (error) {
    case ENOSPC:
      return "; free some space and run the same command again, or choose another folder";
    case EDQUOT:
      return "; free some of your quota or choose another folder";
    case EFBIG:
      return "; raise the file size limit (ulimit -f)";
    case EROFS:
      return "; choose another folder";
    default:
      return "";
  }
}

}  // namespace

void UniqueFd::reset() noexcept {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

UniqueFd open_file(const std::string& path, int flags, unsigned mode) {
  return UniqueFd(retry_interrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, mode); }));
}

ptrdiff_t read_full(int fd, void* data, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ptrdiff_t n =
        retry_interrupted([&] { return ::read(fd, static_cast<char*>(data) + done, size - done); });
    if (n < 0) return -1;
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  return static_cast<ptrdiff_t>(done);
}

int write_full(int fd, const void* data, size_t size, size_t offset) {
  size_t done = 0;
  while (done < size) {
    const ptrdiff_t n = retry_interrupted([&] {
      return ::pwrite(fd, static_cast<const char*>(data) + done, size - done,
                      static_cast<off_t>(offset + done));
    });
    if (n < 0) return errno;
    if (n == 0) return EIO;
    done += static_cast<size_t>(n);
  }
  return 0;
}

int sync_file(int fd) {
  return retry_interrupted([&] { return ::fsync(fd); }) == 0 ? 0 : errno;
}

int sync_data(int fd) {
  return retry_interrupted([&] { return ::fdatasync(fd); }) == 0 ? 0 : errno;
}

int truncate_file(int fd, size_t size) {
  return retry_interrupted([&] { return ::ftruncate(fd, static_cast<off_t>(size)); }) == 0 ? 0 : errno;
}

int sync_folder(const std::string& folder) {
  const UniqueFd fd = open_file(folder, O_RDONLY | O_DIRECTORY);
  if (!fd.valid())
    return errno == EACCES ? 0 : errno;  // a folder that may be written but not read cannot be synced
  const int error = sync_file(fd.get());
  return error == EINVAL ? 0 : error;  // EINVAL: the file system has no sync for folders
}

std::string describe(const std::string& what, const std::string& path, int error) {
  return "cannot " + what + " '" + path + "': " + std::generic_category().message(error) + remedy(error);
}

std::string without_remedy(std::string text) {
  for (const int error : {ENOSPC, EDQUOT, EFBIG, EROFS}) {
    if (const std::string end = remedy(error); text.ends_with(end)) text.resize(text.size() - end.size());
  }
  return text;
}

std::string folder_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace tf_injector::detail::posix
