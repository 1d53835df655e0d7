// The result of a call during import: a tensor of the graph, or integers that are computed during import.
#pragma once

#include <cstdint>
#include <variant>
#include <vector>

#include "graph/graph.hpp"

namespace tf_injector::detail::keras {

// An entry of a shape. The number of images is unknown: it can be passed on, but not used in arithmetic.
struct Dim {
  int64_t value = 0;
  bool is_batch = false;
};

// tf.shape(x) and what is computed from it; not part of the graph.
struct Integers {
  std::vector<Dim> values;
  bool is_scalar = false;
};

using Value = std::variant<NodeId, Integers>;
using Values = std::vector<Value>;  // the outputs of one call

}  // namespace tf_injector::detail::keras
