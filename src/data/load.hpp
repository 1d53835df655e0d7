// Finds and reads a test set: named (CIFAR10, CIFAR100, GTSRB: search order of the README) or any path.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/dataset.hpp"

namespace tf_injector::data {

struct LoadOptions {
  std::string dataset;            // "CIFAR10", "CIFAR100", "GTSRB", or "" (then `path` must be given)
  std::string path;               // --data, or ""
  bool allow_download = true;     // missing data of a named set is fetched
  std::string resize = "pillow";  // GTSRB: "pillow" or "tensorflow" (float32 result)
  std::vector<std::string> inputs =
      {};  // names of the model's inputs, for NumPy arrays (data/arrays/array_choice.hpp)
  std::function<void(const std::string&)> on_message;  // "fetching ...", what was taken: one line each
  // While data is fetched (data/download.hpp); false stops.
  std::function<bool(uint64_t done, std::optional<uint64_t> total)> on_fetch{};
};

// The test images and labels. Search order: `path`, ./datasets/<DATASET>, ~/.keras/datasets, then the
// download. Throws DatasetError (says every place looked at), Error(download).
[[nodiscard]] Dataset load_dataset(const LoadOptions& options);

}  // namespace tf_injector::data
