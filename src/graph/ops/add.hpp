// The sum of two or more tensors of one shape, from the left: ((a + b) + c) ..., rounded after each addition.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Add {
  static constexpr const char* kName = "Add";
};

Shape infer_shape(const Add& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
