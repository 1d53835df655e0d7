// The logarithm of softmax over the last axis; for another axis the op is between two Transposes.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct LogSoftmax {
  static constexpr const char* kName = "LogSoftmax";
};

Shape infer_shape(const LogSoftmax& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
