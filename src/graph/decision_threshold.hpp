// Where the score of a model with one output unit divides its two classes.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector {

// 0.5 where the output is a probability: it lies in [0, 1] whatever the images are (value_range), as of a
// sigmoid or softmax and what is averaged, pooled, cut or clipped of them; 0 where it is a logit: everything
// else.
[[nodiscard]] float decision_threshold(const Graph& graph, NodeId output);

}  // namespace tf_injector
