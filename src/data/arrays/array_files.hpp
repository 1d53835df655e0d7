// A test set of any images as NumPy arrays: an .npz, or a folder of .npy files (array_choice.hpp: which of
// them).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "tf_injector/dataset.hpp"

namespace tf_injector::data {

// The set that is in `place` (an .npz file, or a folder); nothing when there is none. Images (N, ...) of
// uint8 or float32, labels of any integer type; other arrays are left unread. `inputs`: the names of the
// model's inputs. `on_message` (or null) is told what was taken, where that is not plain. Throws
// DatasetError: arrays are there, but not as they should be.
[[nodiscard]] std::optional<Dataset> find_arrays(
    const std::string& place, std::span<const std::string> inputs = {},
    const std::function<void(const std::string&)>& on_message = {});

}  // namespace tf_injector::data
