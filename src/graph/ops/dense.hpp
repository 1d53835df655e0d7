// Fully connected: (..., in) -> (..., units). Kernel (in, units). The activation, if any, is a node of its
// own.
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

struct Dense {
  static constexpr const char* kName = "Dense";
  WeightId kernel = kNoWeight;
  WeightId bias = kNoWeight;  // (units,) or kNoWeight
  int64_t units = 0;
};

Shape infer_shape(const Dense& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
