// Changes bits of single elements of a tensor: where faults of a layer's output are put. Without a fault it
// is a copy. Plans have it only where a list asks for it (CompileOptions::masks); no Graph holds one.
#pragma once
#include <span>

#include "core/shape.hpp"
#include "graph/weight.hpp"

namespace tf_injector::detail::ops {

struct Mask {
  static constexpr const char* kName = "Mask";
  WeightId mask = kNoWeight;  // Graph::mask_of
};

Shape infer_shape(const Mask& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
