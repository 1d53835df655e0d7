#include "plan/draft.hpp"

#include <algorithm>
#include <map>

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

namespace {

// The step that puts a call's faults into its output, which others read from there on.
DraftStep mask_step(const Graph& graph, WeightId mask) {
  const NodeId output = graph.masked_call(mask).output;
  const Node& node = graph.nodes[static_cast<size_t>(output)];
  return {.path = node.path,
          .label = ops::Mask::kName,
          .op = ops::Mask{mask},
          .inputs = {{output, node.shape}},
          .output = static_cast<ValueId>(graph.nodes.size()) + mask,
          .shape = node.shape,
          .epilogue = {},
          .explicit_padding = {}};
}

}  // namespace

Draft draft_of(const Graph& graph, int output, std::span<const WeightId> masks) {
  Draft draft;
  std::map<NodeId, WeightId> mask_of;
  for (const WeightId mask : masks) mask_of.emplace(graph.masked_call(mask).output, mask);
  const auto use = [&](NodeId id) {
    const auto mask = mask_of.find(id);
    const ValueId value =
        mask == mask_of.end() ? id : static_cast<ValueId>(graph.nodes.size()) + mask->second;
    return Use{value, graph.nodes[static_cast<size_t>(id)].shape};
  };
  const auto add_mask = [&](NodeId id) {
    if (const auto mask = mask_of.find(id); mask != mask_of.end())
      draft.steps.push_back(mask_step(graph, mask->second));
  };
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (std::holds_alternative<ops::Input>(node.op)) {
      add_mask(static_cast<NodeId>(i));
      continue;
    }
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
    add_mask(static_cast<NodeId>(i));
  }
  for (NodeId input : graph.inputs)
    draft.inputs.push_back({input, graph.nodes[static_cast<size_t>(input)].shape});
  draft.output = use(graph.outputs.at(static_cast<size_t>(output)));
  return draft;
}

}  // namespace tf_injector::detail::plan
