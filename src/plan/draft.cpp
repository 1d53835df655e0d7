#include "plan/draft.hpp"

#include <algorithm>

namespace tf_injector::detail::plan {

int Draft::readers(ValueId value) const {
  int count = output.value == value ? 1 : 0;
  for (const DraftStep& step : steps) {
    count += static_cast<int>(std::count_if(step.inputs.begin(), step.inputs.end(),
                                            [&](const Use& u) { return u.value == value; }));
  }
  return count;
}

int Draft::producer(ValueId value) const {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i].output == value) return static_cast<int>(i);
  }
  return -1;
}

Draft draft_of(const Graph& graph, int output) {
  Draft draft;
  const auto use = [&](NodeId id) { return Use{id, graph.nodes[static_cast<size_t>(id)].shape}; };
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (std::holds_alternative<ops::Input>(node.op)) continue;
    DraftStep step{.path = node.path,
                   .label = op_name(node.op),
                   .op = node.op,
                   .inputs = {},
                   .output = static_cast<ValueId>(i),
                   .shape = node.shape,
                   .epilogue = {},
                   .explicit_padding = {}};
    for (NodeId input : node.inputs) step.inputs.push_back(use(input));
    draft.steps.push_back(std::move(step));
  }
  for (NodeId input : graph.inputs) draft.inputs.push_back(use(input));
  draft.output = use(graph.outputs.at(static_cast<size_t>(output)));
  return draft;
}

}  // namespace tf_injector::detail::plan
