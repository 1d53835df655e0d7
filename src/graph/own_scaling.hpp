// Finds out whether a model scales its images itself; then they are fed unchanged.
#pragma once

#include <optional>
#include <string>

#include "graph/graph.hpp"

namespace tf_injector::detail {

// A layer that rescales the values of an input.
struct OwnScaling {
  std::string path;        // "data_augmentation/rescaling"
  std::string class_name;  // "Rescaling", "Normalization"; ops: "TFOpLambda(math.truediv)", "divide"
};

// The first layer that rescales the values of `input` (one of graph.inputs), where layers that only move,
// repeat or resize values may come before it: Rescaling, Normalization, or an op that divides by a constant
// above 1, multiplies by one below 1, or subtracts means of 8-bit channels (constants above 2). Nothing if
// there is none.
[[nodiscard]] std::optional<OwnScaling> own_scaling(const Graph& graph, NodeId input);

}  // namespace tf_injector::detail
