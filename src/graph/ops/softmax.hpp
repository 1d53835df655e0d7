// Softmax over the last axis; for another axis the op is between two Transposes.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Softmax {
  static constexpr const char* kName = "Softmax";
};

Shape infer_shape(const Softmax& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
