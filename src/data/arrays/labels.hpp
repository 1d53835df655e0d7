// Converts an array of any integer type, of shape (N,) or (N, 1), to class numbers.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/npy.hpp"

namespace tf_injector::detail::data {

// `what` names the array in messages ("x.npz: 'y'"). Throws DatasetError: floats, one-hot or other shapes,
// numbers below 0 or above 2^31 - 1.
[[nodiscard]] std::vector<int32_t> labels_of(const NpyArray& array, const std::string& what);
// Throws DatasetError if a label is not below `classes`.
void check_labels(const std::vector<int32_t>& labels, int32_t classes, const std::string& what);

}  // namespace tf_injector::detail::data
