// Checks shared by the ops' shape rules. All throw ModelError with what was expected and what was found.
#pragma once

#include <span>
#include <string>

#include "core/shape.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::ops {

inline const Shape& expect_one(std::span<const Shape> inputs) {
  if (inputs.size() != 1) throw ModelError("expected one input, found " + std::to_string(inputs.size()));
  return inputs[0];
}

inline const Shape& expect_image(std::span<const Shape> inputs) {
  const Shape& shape = expect_one(inputs);
  if (shape.rank() != 3)
    throw ModelError("expected an image (height, width, channels), found " + shape.to_string());
  return shape;
}

}  // namespace tf_injector::ops
