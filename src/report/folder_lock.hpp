// Lets one process at a time decide which report of a folder it takes.
#pragma once

#include <string>

#include "io/posix.hpp"

namespace tf_injector {

// Holds the folder from construction to destruction; waits for its turn (a decision takes milliseconds).
// On a file system that cannot lock folders nothing is held; the lock on the report itself still keeps two
// processes from writing into one report.
class FolderLock {
 public:
  // The folder must exist. Throws OutputError when it cannot be opened.
  explicit FolderLock(const std::string& folder);

 private:
  posix::UniqueFd folder_;
};

}  // namespace tf_injector
