// What may be asked of a test set when it is loaded.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tf_injector::detail::data {

struct LoadOptions {
  std::string dataset;                   // "CIFAR10", "CIFAR100", "GTSRB", or "" (then `path` must be given)
  std::string path;                      // --data, or ""
  bool allow_download = true;            // missing data of a named set is fetched
  std::string resize = "pillow";         // GTSRB: "pillow" or "tensorflow" (float32 result)
  std::vector<std::string> inputs = {};  // names of the model's inputs: NumPy arrays are found by them
  std::function<void(const std::string&)>
      on_message;  // one line each: what is fetched, which arrays were taken
  // Called while data is fetched, as FetchOptions::on_progress (data/download.hpp); false stops.
  std::function<bool(uint64_t done, std::optional<uint64_t> total)> on_fetch{};
};

}  // namespace tf_injector::detail::data
