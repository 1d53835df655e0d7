// POSIX calls on the names of files and folders, locks, and reads at an offset, repeated where a signal
// interrupts them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace tf_injector::detail::posix {

// rename, link, mkdir, unlink. Return 0 or errno.
[[nodiscard]] int rename_file(const std::string& from, const std::string& to);
[[nodiscard]] int link_file(const std::string& from, const std::string& to);
[[nodiscard]] int make_folder(const std::string& path);
int unlink_file(const std::string& path);
// The names in a folder, without "." and "..", in any order. On failure `error` is errno, and what was found
// so far is returned.
[[nodiscard]] std::vector<std::string> names_in_folder(const std::string& folder, int& error);

// Takes the exclusive lock of flock(2) without waiting: EWOULDBLOCK if another process has it. Returns 0 or
// errno.
[[nodiscard]] int try_lock(int fd);
// As read_full (io/posix.hpp), from an offset; the file's own position stays.
[[nodiscard]] ptrdiff_t read_at(int fd, void* data, size_t size, size_t offset);

}  // namespace tf_injector::detail::posix
