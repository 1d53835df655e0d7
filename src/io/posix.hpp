// POSIX helpers: owned file descriptors, full reads and writes, syncs, messages with path and errno's text.
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace tf_injector::detail::posix {

// Owns a file descriptor and closes it. A failed close is ignored: what must be on disk was synced before.
class UniqueFd {
 public:
  UniqueFd() = default;
  explicit UniqueFd(int fd) noexcept : fd_(fd) {}
  ~UniqueFd() { reset(); }
  UniqueFd(UniqueFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  UniqueFd& operator=(UniqueFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool valid() const noexcept { return fd_ >= 0; }
  void reset() noexcept;

 private:
  int fd_ = -1;
};

// open(2) with O_CLOEXEC, repeated on EINTR. On failure the result is not valid() and errno says why.
[[nodiscard]] UniqueFd open_file(const std::string& path, int flags, unsigned mode = 0666);
// Reads `size` bytes, fewer only at the end of the file; returns their number, or -1 on failure (errno says
// why).
[[nodiscard]] ptrdiff_t read_full(int fd, void* data, size_t size);
// Writes all bytes at `offset`, through short writes and EINTR. Returns 0 or errno.
[[nodiscard]] int write_full(int fd, const void* data, size_t size, size_t offset);
// fsync, fdatasync, ftruncate. Return 0 or errno. A failed sync must not be repeated: the kernel may have
// dropped the pages that it could not write, and a second call would report success.
[[nodiscard]] int sync_file(int fd);
[[nodiscard]] int sync_data(int fd);
[[nodiscard]] int truncate_file(int fd, size_t size);
// Makes a file's creation or renaming durable. Returns 0 or errno.
[[nodiscard]] int sync_folder(const std::string& folder);

// "cannot <what> '<path>': <errno's text>" (with a remedy where there is one).
[[nodiscard]] std::string describe(const std::string& what, const std::string& path, int error);
// Such a text, or one that ends with it, without the remedy: for whoever goes on all the same.
[[nodiscard]] std::string without_remedy(std::string text);
// "a/b" of "a/b/c", "/" of "/a", "." of "a".
[[nodiscard]] std::string folder_of(const std::string& path);

}  // namespace tf_injector::detail::posix
