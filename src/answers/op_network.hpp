// A network as single ops: what they are, and the plan that computes them one by one.
#pragma once

#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "plan/draft.hpp"
#include "plan/plan.hpp"

namespace tf_injector::detail {

// Steps of `draft` and `plan` are the same, in the same order; nothing is fused, what only renames is left
// out. The graph must outlive it.
struct OpNetwork {
  OpNetwork(const Graph& graph, int output, KernelSet kernels);

  const Graph* graph;
  plan::Draft draft;
  Plan plan;

  // The steps whose kernel holds the weight, ascending.
  [[nodiscard]] std::vector<size_t> holders(WeightId weight) const;
};

// "Conv2D", "relu", "sigmoid", "multiply": an op and its kind.
[[nodiscard]] std::string op_text(const Op& op);

}  // namespace tf_injector::detail
