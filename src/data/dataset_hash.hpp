// The SHA-256 that names a test set's contents, whatever file it was read from.
#pragma once

#include <string>

#include "tf_injector/dataset.hpp"

namespace tf_injector::detail::data {

// Hashes the concatenation of: for each input the line "<name> <uint8|float32> <shape>\n" (shape as Python
// prints it, N first; " uint8 (10000, 32, 32, 3)\n" for an input without a name) and the array's bytes,
// little-endian in C order; then the line "labels int32 (<N>,)\n" and the labels as little-endian int32.
[[nodiscard]] std::string dataset_sha256(const Dataset& dataset);

}  // namespace tf_injector::detail::data
