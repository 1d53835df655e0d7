// The threshold between the two classes of a model with one output unit.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector::detail {

// 0.5 if the output is a probability, that is, if it lies in [0, 1] for all images (value_range): a sigmoid
// or softmax, or an average, pooling, slice or clipping of one. Else 0: the output is taken for a logit.
[[nodiscard]] float decision_threshold(const Graph& graph, NodeId output);

}  // namespace tf_injector::detail
