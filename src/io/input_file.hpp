// A file that is read from its beginning to its end, piece by piece.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "io/posix.hpp"

namespace tf_injector::detail {

class InputFile {
 public:
  // Throws Error(bad_input): it cannot be read, or is a folder.
  explicit InputFile(std::string path);

  // The next bytes, up to so many; 0 at the end. Throws Error(bad_input): it cannot be read, or is a stand-in
  // (io/stand_in.hpp).
  [[nodiscard]] size_t read(char* into, size_t most);
  // The size of a regular file.
  [[nodiscard]] std::optional<uint64_t> size() const noexcept { return size_; }

 private:
  std::string path_;
  posix::UniqueFd fd_;
  std::optional<uint64_t> size_;
  bool is_begun_ = false;
};

}  // namespace tf_injector::detail
