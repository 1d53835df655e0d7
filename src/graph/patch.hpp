// A fault resolved against a model: which element of which weight becomes which value. The weights themselves
// are never written; a Plan is evaluated with an Overlay.
#pragma once

#include <cstdint>

#include "graph/weight.hpp"

namespace tf_injector::detail {

struct Patch {
  WeightId weight = kNoWeight;
  int64_t element = 0;  // row-major index into Graph::weights[weight].values
  uint32_t old_bits = 0;
  uint32_t new_bits = 0;
};

}  // namespace tf_injector::detail
