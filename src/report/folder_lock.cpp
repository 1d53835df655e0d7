#include "report/folder_lock.hpp"

#include <fcntl.h>

#include <cerrno>

#include "tf_injector/error.hpp"

namespace tf_injector::detail {

FolderLock::FolderLock(const std::string& folder)
    : folder_(posix::open_file(folder, O_RDONLY | O_DIRECTORY)) {
  if (!folder_.valid()) throw OutputError(posix::describe("open the folder", folder, errno));
  (void)posix::lock(folder_.get());
}

}  // namespace tf_injector::detail
