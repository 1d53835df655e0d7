// A strided slice (x[:, ::2, ::2, :], x[:, :, 0]) by Python's rules, resolved against the shape of the input.
#pragma once
#include <span>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct SliceAxis {
  int64_t begin = 0;     // first index taken
  int64_t step = 1;      // may be negative
  int64_t count = 0;     // how many are taken
  bool dropped = false;  // an integer index (count == 1): the output does not have the axis
};

struct Slice {
  static constexpr const char* kName = "Slice";
  std::vector<SliceAxis> axes;  // one per input axis
};

Shape infer_shape(const Slice& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
