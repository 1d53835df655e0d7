// What holds of every graph that is made of a model file.
#pragma once

#include <variant>
#include <vector>

#include "fuzz_target.hpp"
#include "graph/graph.hpp"

namespace tf_injector::detail::fuzz {

inline void check_shape(const Shape& shape) {
  constexpr int64_t kMost = int64_t{1} << 40;
  for (const int64_t size : shape.dims()) require(size >= 0, "a negative size");
  require(shape.elements() <= kMost, "a shape of more than 2^40 elements");
}

inline void check_layers(const Graph& graph) {
  for (const Layer& layer : graph.layers) {
    for (const WeightId id : layer.weights)
      require(id >= 0 && static_cast<size_t>(id) < graph.weights.size(),
              "a layer with a weight that there is not");
    if (!layer.injectable) continue;
    require(!layer.weights.empty(), "a layer that faults hit, without a kernel");
    require(graph.weights[static_cast<size_t>(layer.weights.front())].shape.rank() >= 2,
            "a kernel of one axis");
  }
}

inline void check_graph(const Graph& graph) {
  for (const Weight& weight : graph.weights) {
    check_shape(weight.shape);
    require(static_cast<size_t>(weight.shape.elements()) == weight.values.size(), "a weight of another size");
  }
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    std::vector<Shape> inputs;
    for (const NodeId input : node.inputs) {
      require(input >= 0 && static_cast<size_t>(input) < i, "a node before its inputs");
      inputs.push_back(graph.nodes[static_cast<size_t>(input)].shape);
    }
    check_shape(node.shape);
    if (!std::holds_alternative<ops::Input>(node.op))
      require(infer_shape(node.op, inputs) == node.shape, "a node of another shape than its op says");
  }
  const auto check_ids = [&](const std::vector<NodeId>& ids) {
    require(!ids.empty(), "a model without inputs or outputs");
    for (const NodeId id : ids)
      require(id >= 0 && static_cast<size_t>(id) < graph.nodes.size(), "an input or output that is no node");
  };
  check_ids(graph.inputs);
  check_ids(graph.outputs);
  for (const NodeId id : graph.inputs)
    require(std::holds_alternative<ops::Input>(graph.nodes[static_cast<size_t>(id)].op),
            "an input that is none");
  require(graph.output_names.size() == graph.outputs.size(), "outputs without a name");
  check_layers(graph);
  for (const std::string& note : graph.notes) check_message(note);
}

}  // namespace tf_injector::detail::fuzz
