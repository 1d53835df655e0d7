// Reads a test set from NumPy arrays: an .npz file or a folder of .npy files. array_choice.hpp says which
// arrays are taken.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>

#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

// The test set in `place` (an .npz file or a folder); nothing if there is none. Images are (N, ...) of uint8
// or float32, labels (N,) or (N, 1) of any integer type. `inputs`: the names of the model's inputs.
// `on_message` (may be null) is called with one line when the choice of arrays is not obvious. Throws
// DatasetError if there are arrays, but not of these types and shapes.
[[nodiscard]] std::optional<Dataset> find_arrays(
    const std::string& place, std::span<const std::string> inputs = {},
    const std::function<void(const std::string&)>& on_message = {});

}  // namespace tf_injector::detail::data
