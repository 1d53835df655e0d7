// Normalises every position over its last axis: (x - mean) / sqrt(variance + epsilon) * gamma + beta.
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

struct LayerNormalization {
  static constexpr const char* kName = "LayerNormalization";
  WeightId gamma = kNoWeight;  // kNoWeight: scale=False, all ones
  WeightId beta = kNoWeight;   // kNoWeight: center=False, all zeros
  float epsilon = 1e-3f;
  // Keras 2 with an epsilon of at least 1.001e-5: sums in order, every step rounded (docs/numerics.md).
  bool fused = true;
};

Shape infer_shape(const LayerNormalization& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
