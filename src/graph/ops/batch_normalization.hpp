// Inference batch normalisation over the last axis: (x - mean) / sqrt(variance + epsilon) * gamma + beta.
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

struct BatchNormalization {
  static constexpr const char* kName = "BatchNormalization";
  WeightId gamma = kNoWeight;  // kNoWeight: scale=False, all ones
  WeightId beta = kNoWeight;   // kNoWeight: center=False, all zeros
  WeightId mean = kNoWeight;
  WeightId variance = kNoWeight;
  float epsilon = 1e-3f;
  bool fused = true;  // Keras 2 on images; else x * scale + shift (docs/numerics.md)
};

Shape infer_shape(const BatchNormalization& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
