#include "keras/weights/group_paths.hpp"

#include <algorithm>

namespace tf_injector::detail::keras {
namespace {

std::string slashed(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

std::string joined(const std::string& group, const std::string& name) {
  return group.empty() ? name : group + "/" + name;
}

// The rest of `wanted` after the member `name`; null if it does not begin with it.
const char* rest_of(std::string_view wanted, std::string_view name) {
  if (!wanted.starts_with(name)) return nullptr;
  if (wanted.size() == name.size()) return wanted.data() + wanted.size();
  return wanted[name.size()] == '/' ? wanted.data() + name.size() + 1 : nullptr;
}

}  // namespace

GroupPaths::GroupPaths(const Hdf5File& file) : file_(file) {
  for (const std::string& name : file.children("/"))
    has_backslashes_ = has_backslashes_ || name.find('\\') != std::string::npos;
}

bool GroupPaths::is_group(const std::string& path) const {
  return file_.is_group(path) || (has_backslashes_ && !children(path).empty());
}

std::vector<std::string> GroupPaths::children(const std::string& group) const {
  if (!has_backslashes_) return file_.children(group);
  std::vector<std::string> names;
  list("", group, names);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

// Lists the members of `wanted`, a path below the file's `group`. Each step down consumes a part of `wanted`,
// so that it terminates for any file.
void GroupPaths::list(const std::string& group, std::string_view wanted,
                      std::vector<std::string>& names) const {
  for (const std::string& name : file_.children(group.empty() ? "/" : group)) {
    const std::string path = slashed(name);
    if (wanted.empty()) {
      names.push_back(path.substr(0, path.find('/')));
    } else if (const char* rest = rest_of(wanted, path)) {
      list(joined(group, name),
           std::string_view(rest, static_cast<size_t>(wanted.data() + wanted.size() - rest)), names);
    } else if (path.starts_with(std::string(wanted) + "/")) {
      const std::string below = path.substr(wanted.size() + 1);
      names.push_back(below.substr(0, below.find('/')));
    }
  }
}

std::string GroupPaths::in_file(const std::string& path) const {
  const std::string found = has_backslashes_ ? find("", path) : path;
  return found.empty() ? path : found;
}

std::string GroupPaths::find(const std::string& group, std::string_view wanted) const {
  for (const std::string& name : file_.children(group.empty() ? "/" : group)) {
    const std::string path = slashed(name);
    const char* rest = rest_of(wanted, path);
    if (rest == nullptr) continue;
    const auto left = static_cast<size_t>(wanted.data() + wanted.size() - rest);
    if (left == 0) return joined(group, name);
    if (std::string found = find(joined(group, name), {rest, left}); !found.empty()) return found;
  }
  return {};
}

}  // namespace tf_injector::detail::keras
