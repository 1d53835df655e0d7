// Concatenates tensors along an axis; all other axes are equal.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Concat {
  static constexpr const char* kName = "Concat";
  int axis = 0;  // of one image: the batch is not counted
};

Shape infer_shape(const Concat& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
