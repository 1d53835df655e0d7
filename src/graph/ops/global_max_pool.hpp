// Largest value over h and w (GlobalMaxPooling2D, reduce_max over axes 1 and 2): (H, W, C) -> (C,) or
// (1, 1, C). One NaN makes it NaN.
#pragma once
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct GlobalMaxPool {
  static constexpr const char* kName = "GlobalMaxPool";
  bool keepdims = false;
};

Shape infer_shape(const GlobalMaxPool& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
