// Groups of a weight file by paths with '/', also where Keras 2.13 to 2.15 wrote them on Windows: there '\'
// stands in the names of groups, and "layers\conv2d" is one group.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5/hdf5_file.hpp"

namespace tf_injector::keras {

class GroupPaths {
 public:
  explicit GroupPaths(const Hdf5File& file);

  [[nodiscard]] bool is_group(const std::string& path) const;
  // Names of the members, sorted.
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const;
  // The path by which the file knows a member; `path` itself when there is none.
  [[nodiscard]] std::string in_file(const std::string& path) const;

 private:
  void list(const std::string& group, std::string_view wanted, std::vector<std::string>& names) const;
  [[nodiscard]] std::string find(const std::string& group, std::string_view wanted) const;

  const Hdf5File& file_;
  bool has_backslashes_ = false;
};

}  // namespace tf_injector::keras
