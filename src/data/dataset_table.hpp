// The table of named test sets: how each is recognised and read, and where it is published.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/download.hpp"
#include "data/load_options.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

struct NamedSet {
  std::string name;                     // as -d takes it
  std::vector<std::string> files;       // what `find` looks for in a folder, for messages
  std::vector<DownloadFile> downloads;  // the published files that `find` can read
  // Reads the set in `place` (a folder or a file); nothing if it is not there. Throws DatasetError if it is
  // there but damaged.
  std::function<std::optional<Dataset>(const std::string& place, const LoadOptions& options)> find;
  // For the message when the set is not found: what `place` holds instead, or "". May be empty.
  std::function<std::string(const std::string& place)> remark{};
};

[[nodiscard]] const std::vector<NamedSet>& dataset_table();
// The row of that name. Throws DatasetError, with the known names, if there is none.
[[nodiscard]] const NamedSet& named_set(const std::string& name);

}  // namespace tf_injector::detail::data
