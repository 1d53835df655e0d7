// A lock for file systems without flock: a file that names the process that holds it.
#pragma once

#include <optional>
#include <string>

#include "core/temporary_names.hpp"

namespace tf_injector::detail {

// Removes its file when it goes.
class LockFile {
 public:
  // Makes the file `path`. Where it is there, it is taken over if the process that it names is certainly gone
  // (io/process_identity.hpp); of several that try at once, one does. Nothing if another one holds it: then
  // `owner` says who ("process 77 on node3"), or what else stands there. Throws OutputError.
  [[nodiscard]] static std::optional<LockFile> try_take(const std::string& path, std::string& owner);

  ~LockFile();
  LockFile(LockFile&& other) noexcept;
  LockFile& operator=(LockFile&& other) noexcept;

 private:
  explicit LockFile(const std::string& path);

  std::string path_;  // "": nothing is held
  std::optional<TemporaryName> noted_;
};

// Where the lock of a file is that cannot be locked itself.
[[nodiscard]] std::string lock_path_of(const std::string& path);

// True if flock failed with this error because the file system has no such locks.
[[nodiscard]] bool has_no_flock(int error) noexcept;

}  // namespace tf_injector::detail
