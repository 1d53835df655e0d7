// The NumPy arrays of an .npz file or of a folder of .npy files, by name. Each is read only on request.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "io/npy.hpp"

namespace tf_injector::detail {
class ZipArchive;
}

namespace tf_injector::detail::data {

class ArraySource {
 public:
  // Nothing if `place` is neither a zip archive, a pipe nor a folder. Throws Error(bad_input) for an archive
  // that cannot be read.
  [[nodiscard]] static std::optional<ArraySource> open(const std::string& place);
  ~ArraySource();
  ArraySource(ArraySource&&) noexcept;
  ArraySource& operator=(ArraySource&&) noexcept;

  [[nodiscard]] bool is_archive() const noexcept { return archive_ != nullptr; }
  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  // Names without ".npy", sorted. Other files and members are ignored.
  [[nodiscard]] const std::vector<std::string>& names() const noexcept { return names_; }
  [[nodiscard]] bool has(const std::string& name) const;
  // For messages: "set.npz: 'x'", "folder/x.npy".
  [[nodiscard]] std::string label(const std::string& name) const;
  // Throws Error(bad_input): damaged, or of a type that is not read.
  [[nodiscard]] NpyArray read(const std::string& name) const;

 private:
  ArraySource() = default;

  std::string place_;
  std::unique_ptr<ZipArchive> archive_;  // null: a folder
  std::vector<std::string> names_;
};

}  // namespace tf_injector::detail::data
