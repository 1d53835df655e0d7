#include "core/last_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <mutex>

namespace tf_injector::detail {
namespace {

struct LastFile {
  std::string temporary, path, text;
};

// A handler may be reading one while another is set, about once a second: the next ones take other places.
constexpr size_t kKept = 16;
std::atomic<const LastFile*> last_file{nullptr};
static_assert(std::atomic<const LastFile*>::is_always_lock_free, "a signal handler reads it");

}  // namespace

void set_last_file(const std::string& temporary, const std::string& path, const std::string& text) {
  static std::mutex mutex;
  static auto* const kept = new std::array<LastFile, kKept>;  // never destroyed: signals come at any time
  static size_t next = 0;
  const std::lock_guard lock(mutex);
  if (path.empty()) {
    last_file = nullptr;
    return;
  }
  LastFile& file = (*kept)[next++ % kKept];
  file = {temporary, path, text};
  last_file = &file;
}

void write_last_file() noexcept {
  const LastFile* const file = last_file;
  if (file == nullptr) return;
  const int fd = ::open(file->temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
  if (fd < 0) return;
  const bool is_whole =
      ::write(fd, file->text.data(), file->text.size()) == static_cast<ssize_t>(file->text.size());
  ::close(fd);
  if (!is_whole || ::rename(file->temporary.c_str(), file->path.c_str()) != 0)
    ::unlink(file->temporary.c_str());
}

}  // namespace tf_injector::detail
