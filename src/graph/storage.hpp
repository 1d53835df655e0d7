// Weights as a storage format holds them: codes, of 16 or 8 bits, and the float32 that each code means.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail {

// The code nearest to a float32, of two that are as near the even one: of bfloat16 and float16 as IEEE 754
// converts (beyond the largest Inf; a NaN becomes quiet and keeps its sign and the highest bits of its
// payload); of int8 that of value / scale, from -127 to 127, which a NaN has none of. float32: its bits.
// `scale`: of int8.
[[nodiscard]] uint32_t encoded(StorageFormat format, uint32_t float32_bits, float scale = 1) noexcept;
// The bits of the float32 that a code means; a NaN keeps its bits. Of int8 code * scale, all codes from -128
// to 127 in two's complement.
[[nodiscard]] uint32_t decoded(StorageFormat format, uint32_t code, float scale = 1) noexcept;

// Of int8: largest magnitude / 127 for each channel; channel c has the elements c, c + channels, ... Where
// that is 0, 1. `values` are finite.
[[nodiscard]] std::vector<float> int8_scales(std::span<const float> values, size_t channels);

// The same of an element of a stored weight.
[[nodiscard]] uint32_t encoded(const Weight& weight, size_t element, uint32_t float32_bits) noexcept;
[[nodiscard]] uint32_t decoded(const Weight& weight, size_t element, uint32_t code) noexcept;
[[nodiscard]] uint32_t stored_code(const Weight& weight, size_t element) noexcept;

// Stores the variables that the network's ops are made with: of int8 their kernels, else all of them. Weights
// become the float32 that their codes mean. Constants of ops stay as they are. The graph is stored as float32
// before. Returns how many finite weights became infinite. Throws ModelError, naming the layer: a kernel
// with NaN or Inf has no int8.
int64_t store_weights(Graph& graph, StorageFormat format);

}  // namespace tf_injector::detail
