// A weight tensor of the model as stored in the file, and the id by which ops refer to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail {

using WeightId = int32_t;  // index into Graph::weights, or a mask (Graph::mask_of)
inline constexpr WeightId kNoWeight = -1;

struct Weight {
  std::string name;           // "conv2d/kernel", with the nested models that the layer is in
  Shape shape;                // Conv2D (kh, kw, cin, cout), Dense (in, out), ...
  std::vector<float> values;  // row-major
};

}  // namespace tf_injector::detail
