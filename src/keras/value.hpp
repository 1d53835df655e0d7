// What a call yields while a model is imported: a tensor of the graph, or integers that are computed at once.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "graph/graph.hpp"

namespace tf_injector::keras {

// An entry of a shape. The number of images is not known; it can be handed on, not computed with.
struct Dim {
  int64_t value = 0;
  bool is_batch = false;
};

// tf.shape(x) and what is computed from it: never part of the graph.
struct Integers {
  std::vector<Dim> values;
  bool is_scalar = false;
};

using Value = std::variant<NodeId, Integers>;
using Values = std::vector<Value>;  // the outputs of one call

}  // namespace tf_injector::keras
