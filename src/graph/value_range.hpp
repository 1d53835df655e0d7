// Bounds on the values that a network computes, for all images.
#pragma once

#include <limits>

#include "graph/graph.hpp"

namespace tf_injector::detail {

// An interval for all values except NaN, up to rounding; unbounded if nothing is known.
struct ValueRange {
  double least = -std::numeric_limits<double>::infinity();
  double most = std::numeric_limits<double>::infinity();
};

// The range of all values of a node. It starts at functions with bounded results (sigmoid, softmax, tanh,
// ...) and is propagated through ops that move, join, pool or clip values, and through arithmetic.
[[nodiscard]] ValueRange value_range(const Graph& graph, NodeId node);

}  // namespace tf_injector::detail
