#include "answers/op_network.hpp"

namespace tf_injector::detail {
namespace {

plan::Draft draft_of_ops(const Graph& graph, int output) {
  plan::Draft draft = plan::draft_of(graph, output);
  plan::drop_unused(draft);
  plan::drop_copies(draft);
  return draft;
}

}  // namespace

OpNetwork::OpNetwork(const Graph& of, int output, KernelSet kernels)
    : graph(&of),
      draft(draft_of_ops(of, output)),
      plan(Plan::compile(of, {.kernels = kernels, .output = output, .fuse = false})) {}

std::vector<size_t> OpNetwork::holders(WeightId weight) const {
  std::vector<size_t> steps;
  for (size_t i = 0; i < plan.parts().steps.size(); ++i)
    if (plan.parts().steps[i].kernel->holds(weight)) steps.push_back(i);
  return steps;
}

std::string op_text(const Op& op) {
  if (const auto* activation = std::get_if<ops::Activation>(&op))
    return ops::activation_name(activation->kind);
  if (const auto* function = std::get_if<ops::Function>(&op)) return ops::function_name(function->kind);
  if (const auto* binary = std::get_if<ops::Binary>(&op)) return ops::binary_name(binary->kind);
  return op_name(op);
}

}  // namespace tf_injector::detail
