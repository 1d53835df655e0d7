// Mean over h and w (GlobalAveragePooling2D, reduce_mean over axes 1 and 2): (H, W, C) -> (C,) or (1, 1, C).
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct GlobalAveragePool {
  static constexpr const char* kName = "GlobalAveragePool";
  bool keepdims = false;
};

Shape infer_shape(const GlobalAveragePool& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
