// The list of named test sets: how each is recognised, read, and where it is published.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/download.hpp"
#include "data/load.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::data {

struct NamedSet {
  std::string name;                     // as -d takes it
  std::vector<std::string> files;       // what `find` looks for in a folder, for messages
  std::vector<DownloadFile> downloads;  // what `find` needs, when it is nowhere
  // The set in `place` (a folder or a file); nothing when it is not there. Throws DatasetError: it is there,
  // but damaged.
  std::function<std::optional<Dataset>(const std::string& place, const LoadOptions& options)> find;
  // For the message when the set is not found: what stands in `place` in its stead and what to do about it;
  // "" for nothing. May be empty.
  std::function<std::string(const std::string& place)> remark{};
};

[[nodiscard]] const std::vector<NamedSet>& dataset_table();
// Throws DatasetError that lists the known names.
[[nodiscard]] const NamedSet& named_set(const std::string& name);

// load_dataset for one row, with options.path or the search order.
[[nodiscard]] Dataset load_named(const NamedSet& set, const LoadOptions& options);

}  // namespace tf_injector::data
