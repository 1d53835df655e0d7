// Whether a model's output is a probability, and the threshold between the two classes of one output unit.
#pragma once

#include "graph/graph.hpp"

namespace tf_injector::detail {

// Whether the output lies in [0, 1] for all images (value_range): a sigmoid or softmax, or an average,
// pooling, slice or clipping of one.
[[nodiscard]] bool is_probability(const Graph& graph, NodeId output);

// 0.5 if the output is a probability. Else 0: the output is taken for a logit.
[[nodiscard]] float decision_threshold(const Graph& graph, NodeId output);

}  // namespace tf_injector::detail
