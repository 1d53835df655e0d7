#include "graph/decision_threshold.hpp"

#include "graph/value_range.hpp"

namespace tf_injector::detail {

bool is_probability(const Graph& graph, NodeId output) {
  constexpr double kRoundings = 1e-4;  // the weights of an average may add up to slightly more than 1
  const ValueRange range = value_range(graph, output);
  return range.least >= -kRoundings && range.most <= 1 + kRoundings;
}

float decision_threshold(const Graph& graph, NodeId output) {
  return is_probability(graph, output) ? 0.5f : 0.0f;
}

}  // namespace tf_injector::detail
