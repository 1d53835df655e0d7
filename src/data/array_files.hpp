// A test set of any images as NumPy arrays: an .npz (x, y; or one array per input and y), or a folder with
// x.npy and y.npy.
#pragma once

#include <optional>
#include <string>

#include "tf_injector/dataset.hpp"

namespace tf_injector::data {

// The arrays that are in `place` (an .npz file, or a folder); nothing when there are none. Images (N, ...) of
// uint8 or float32, labels of any integer type. Throws DatasetError: arrays are there, but not as they should
// be.
[[nodiscard]] std::optional<Dataset> find_arrays(const std::string& place);

}  // namespace tf_injector::data
