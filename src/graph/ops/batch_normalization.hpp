// Inference batch normalisation over the last axis: fma((x - mean) * istd, gamma, beta), istd = 1 /
// sqrt(variance + epsilon).
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::ops {

struct BatchNormalization {
  static constexpr const char* kName = "BatchNormalization";
  WeightId gamma = kNoWeight;  // kNoWeight: scale=False, all ones
  WeightId beta = kNoWeight;   // kNoWeight: center=False, all zeros
  WeightId mean = kNoWeight;
  WeightId variance = kNoWeight;
  float epsilon = 1e-3f;
};

Shape infer_shape(const BatchNormalization& op, std::span<const Shape> inputs);

}  // namespace tf_injector::ops
