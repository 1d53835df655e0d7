// An image enlarged by whole factors, bilinear, half-pixel centres (UpSampling2D with
// interpolation="bilinear").
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/shape.hpp"

namespace tf_injector::ops {

struct ResizeBilinear {
  static constexpr const char* kName = "ResizeBilinear";
  std::array<int64_t, 2> factors{2, 2};
};

Shape infer_shape(const ResizeBilinear& op, std::span<const Shape> inputs);

}  // namespace tf_injector::ops
