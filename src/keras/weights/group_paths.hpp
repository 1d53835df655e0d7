// Finds groups of a weight file by paths with '/', also in files that Keras 2.13 to 2.15 wrote on Windows,
// where the names of groups contain '\': "layers\conv2d" is one group.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5/hdf5_file.hpp"

namespace tf_injector::detail::keras {

class GroupPaths {
 public:
  explicit GroupPaths(const Hdf5File& file);

  [[nodiscard]] bool is_group(const std::string& path) const;
  // The names of the members, sorted.
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const;
  // The path of a member as it is in the file; `path` itself if there is no such member.
  [[nodiscard]] std::string in_file(const std::string& path) const;

 private:
  void list(const std::string& group, std::string_view wanted, std::vector<std::string>& names) const;
  [[nodiscard]] std::string find(const std::string& group, std::string_view wanted) const;

  const Hdf5File& file_;
  bool has_backslashes_ = false;
};

}  // namespace tf_injector::detail::keras
