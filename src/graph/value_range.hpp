// Between which values what a network computes must lie, whatever its images are.
#pragma once

#include <limits>

#include "graph/graph.hpp"

namespace tf_injector {

// NaN apart, and but for roundings. Unbounded where nothing is known.
struct ValueRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

// Of all values of a node: begun by functions with bounded results (sigmoid, softmax, tanh, ...), and
// followed through what moves, joins, pools and clips values, and through arithmetic.
[[nodiscard]] ValueRange value_range(const Graph& graph, NodeId node);

}  // namespace tf_injector
