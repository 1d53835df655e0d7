#include "report/folder_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cerrno>
#include <chrono>
#include <thread>

#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "io/posix_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr std::chrono::milliseconds kBetweenAttempts{10};
constexpr double kSilentSeconds = 1;
// A lock file may be left over, which a lock cannot.
constexpr double kMostSecondsForAFile = 10;

}  // namespace

FolderLock::FolderLock(const std::string& folder, const Message& message, const std::atomic<bool>* stop)
    : folder_(posix::open_file(folder, O_RDONLY | O_DIRECTORY)) {
  if (!folder_.valid()) throw OutputError(posix::describe("open the folder", folder, errno));
  const std::string lock_path = folder + "/.tf_injector.lock";
  const auto begin = Clock::now();
  for (bool has_said = false;;) {
    check_stop(stop);
    const int error = posix::try_lock(folder_.get());
    if (error == 0) return;
    std::string owner;
    if (has_no_flock(error)) {
      lock_file_ = LockFile::try_take(lock_path, owner);
      if (lock_file_) return;
      if (seconds_since(begin) > kMostSecondsForAFile) {
        throw Error(ErrorKind::busy,
                    fmt::format("{}: another run ({}) has the lock of this folder; if it is gone, remove {}",
                                folder, owner, lock_path));
      }
    } else if (error != EWOULDBLOCK) {
      throw OutputError(posix::describe("lock the folder", folder, error));
    }
    if (!has_said && seconds_since(begin) > kSilentSeconds) {
      message(fmt::format("waiting for {}: another run{} is choosing its report there", folder,
                          owner.empty() ? "" : fmt::format(" ({})", owner)));
      has_said = true;
    }
    std::this_thread::sleep_for(kBetweenAttempts);
  }
}

}  // namespace tf_injector::detail
