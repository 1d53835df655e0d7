// A lock on a folder, so that one process at a time decides which report in it to write.
#pragma once

#include <string>

#include "io/posix.hpp"

namespace tf_injector::detail {

// Waits for the lock (a decision takes milliseconds) and holds it until destruction. On a file system without
// locks on folders it does nothing; then the lock on the report still keeps two processes from writing to one
// report.
class FolderLock {
 public:
  // The folder must exist. Throws OutputError if it cannot be opened.
  explicit FolderLock(const std::string& folder);

 private:
  posix::UniqueFd folder_;
};

}  // namespace tf_injector::detail
