// The same values in the same order with another shape (Reshape, Flatten, tf.reshape, squeeze, expand_dims).
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Reshape {
  static constexpr const char* kName = "Reshape";
  Shape shape;  // of one image, no -1 left
};

Shape infer_shape(const Reshape& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
