// Repeats every element along the axes: output axis i is times[i] times as long (UpSampling2D with
// interpolation="nearest", RepeatVector).
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Repeat {
  static constexpr const char* kName = "Repeat";
  std::vector<int64_t> times = {};  // one per axis
};

Shape infer_shape(const Repeat& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
