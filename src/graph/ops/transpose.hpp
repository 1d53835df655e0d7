// Permutes all axes but the batch: output axis i is input axis perm[i].
#pragma once
#include <span>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

struct Transpose {
  static constexpr const char* kName = "Transpose";
  std::vector<int> perm;
};

Shape infer_shape(const Transpose& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
