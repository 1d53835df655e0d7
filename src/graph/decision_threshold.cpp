#include "graph/decision_threshold.hpp"

namespace tf_injector {
namespace {

bool is_probability(const Op& op) {
  if (std::holds_alternative<ops::Softmax>(op)) return true;
  const auto* function = std::get_if<ops::Function>(&op);
  if (function == nullptr) return false;
  switch (function->kind) {
    case ops::FunctionKind::sigmoid:
    case ops::FunctionKind::hard_sigmoid:
    case ops::FunctionKind::hard_sigmoid_6:
      return true;
    default:
      return false;
  }
}

// Keeps a probability what it is.
bool passes(const Op& op) {
  if (const auto* binary = std::get_if<ops::Binary>(&op)) {
    const bool clips = binary->kind == ops::BinaryKind::maximum || binary->kind == ops::BinaryKind::minimum;
    return clips && binary->constant != kNoWeight;
  }
  return std::holds_alternative<ops::Reshape>(op) || std::holds_alternative<ops::Transpose>(op) ||
         std::holds_alternative<ops::Slice>(op);
}

}  // namespace

float decision_threshold(const Graph& graph, NodeId output) {
  const Node* node = &graph.nodes.at(static_cast<size_t>(output));
  while (passes(node->op)) node = &graph.nodes.at(static_cast<size_t>(node->inputs.front()));
  return is_probability(node->op) ? 0.5f : 0.0f;
}

}  // namespace tf_injector
