// A lock on a folder, so that one process at a time decides which report in it to write.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "core/message.hpp"
#include "io/lock_file.hpp"
#include "io/posix.hpp"

namespace tf_injector::detail {

// Waits for the lock (a decision takes milliseconds), says so where that takes long, and holds it until
// destruction.
class FolderLock {
 public:
  // The folder must exist. `stop`: or null. Throws OutputError if it cannot be opened or locked; Stopped; and
  // Error(busy), on a file system without flock, if a process keeps the lock that is not certainly gone.
  FolderLock(const std::string& folder, const Message& message, const std::atomic<bool>* stop);

 private:
  posix::UniqueFd folder_;
  std::optional<LockFile> lock_file_;
};

}  // namespace tf_injector::detail
