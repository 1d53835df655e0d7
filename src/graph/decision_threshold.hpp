// Where the score of a model with one output unit divides its two classes.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector {

// 0.5 where the output is a probability: a sigmoid, hard sigmoid or softmax, which may be moved, cut and
// clipped behind it; 0 where it is a logit: everything else.
[[nodiscard]] float decision_threshold(const Graph& graph, NodeId output);

}  // namespace tf_injector
