// Whether a model prepares its images itself: then they are fed as they are, not normalised before.
#pragma once

#include <optional>
#include <string>

#include "graph/graph.hpp"

namespace tf_injector {

// A layer that rescales what comes from an input.
struct OwnScaling {
  std::string path;        // "data_augmentation/rescaling"
  std::string class_name;  // "Rescaling", "Normalization"; ops: "TFOpLambda(math.truediv)", "divide"
};

// The first layer that rescales the values of `input` (one of graph.inputs), seen through layers that only
// move, repeat or resize them: Rescaling, Normalization; an op that divides by a constant above 1,
// multiplies by one below 1, or takes away means of 8-bit channels (constants above 2). Nothing when the
// model takes them as they come.
[[nodiscard]] std::optional<OwnScaling> own_scaling(const Graph& graph, NodeId input);

}  // namespace tf_injector
