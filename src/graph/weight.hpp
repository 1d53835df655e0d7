// A weight tensor of the model, and the id by which ops refer to it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/shape.hpp"
#include "tf_injector/storage.hpp"

namespace tf_injector::detail {

using WeightId = int32_t;  // index into Graph::weights, or a mask (Graph::mask_of)
inline constexpr WeightId kNoWeight = -1;

struct Weight {
  std::string name;           // "conv2d/kernel", with the nested models that the layer is in
  Shape shape;                // Conv2D (kh, kw, cin, cout), Dense (in, out), ...
  std::vector<float> values;  // row-major
  // In which the values are stored; they are the float32 that the codes mean (graph/storage.hpp).
  StorageFormat storage = StorageFormat::float32;
  std::vector<float> scales = {};  // of int8: element e has that of the channel e % scales.size()
};

}  // namespace tf_injector::detail
