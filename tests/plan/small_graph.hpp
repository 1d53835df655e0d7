// Graphs of a few nodes, their drafts after single passes, and plans against the graph computed node by node.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/flush_denormals.hpp"
#include "graph/graph.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"
#include "plan/draft.hpp"
#include "plan/plan.hpp"

namespace tf_injector::detail::test {

using Paddings = std::vector<std::array<int64_t, 2>>;

class SmallGraph {
 public:
  Graph graph;

  NodeId input(Shape shape) {
    const std::string name = "input" + std::to_string(graph.inputs.size());
    return graph.add_input(name, name, std::move(shape));
  }
  NodeId add(const Op& op, const std::vector<NodeId>& inputs) {
    return graph.add(op_name(op) + std::to_string(graph.nodes.size()), op, inputs);
  }
  NodeId conv(NodeId in, int64_t filters = 5, int64_t size = 3, ops::Padding padding = ops::Padding::valid) {
    const int64_t cin = shape(in)[2];
    return add(ops::Conv2D{.kernel = weight({size, size, cin, filters}),
                           .kernel_size = {size, size},
                           .filters = filters,
                           .padding = padding},
               {in});
  }
  NodeId depthwise(NodeId in, int64_t size = 3) {
    return add(
        ops::DepthwiseConv2D{.kernel = weight({size, size, shape(in)[2], 1}), .kernel_size = {size, size}},
        {in});
  }
  NodeId dense(NodeId in, int64_t units = 4) {
    return add(ops::Dense{.kernel = weight({shape(in).back(), units}), .units = units}, {in});
  }
  NodeId normalize(NodeId in, bool fused = true) {
    const int64_t c = shape(in).back();
    const ops::BatchNormalization op{.gamma = weight({c}),
                                     .beta = weight({c}),
                                     .mean = weight({c}),
                                     .variance = weight({c}),
                                     .fused = fused};
    for (float& value : values(op.variance)) value = 0.5f + std::fabs(value);
    return add(op, {in});
  }
  NodeId relu(NodeId in, ops::ActivationKind kind = ops::ActivationKind::relu) {
    return add(ops::Activation{kind}, {in});
  }
  NodeId pad(NodeId in, Paddings paddings = {{1, 1}, {1, 2}, {0, 0}}, float value = 0.0f) {
    return add(ops::Pad{std::move(paddings), value}, {in});
  }
  NodeId pool(NodeId in, ops::Padding padding = ops::Padding::valid) {
    return add(ops::MaxPool2D{.padding = padding}, {in});
  }
  NodeId sum(NodeId a, NodeId b) { return add(ops::Add{}, {a, b}); }
  NodeId reshape(NodeId in, Shape shape) { return add(ops::Reshape{std::move(shape)}, {in}); }

  WeightId weight(Shape of) {
    graph.weights.push_back({"w" + std::to_string(graph.weights.size()), of,
                             random_values(rng_, of.elements(), Values::ordinary)});
    return static_cast<WeightId>(graph.weights.size() - 1);
  }
  std::vector<float>& values(WeightId id) { return graph.weights[static_cast<size_t>(id)].values; }
  [[nodiscard]] const Shape& shape(NodeId id) const { return graph.nodes[static_cast<size_t>(id)].shape; }
  SmallGraph& scores(const std::vector<NodeId>& outputs) {
    graph.outputs = outputs;
    graph.output_names.assign(outputs.size(), "scores");
    return *this;
  }

 private:
  std::mt19937 rng_{3};
};

using Pass = void (*)(plan::Draft&);

// The labels of the steps that are left after the passes.
inline std::vector<std::string> labels_after(const SmallGraph& small, std::initializer_list<Pass> passes,
                                             int output = 0) {
  plan::Draft draft = plan::draft_of(small.graph, output);
  for (const Pass pass : passes) pass(draft);
  std::vector<std::string> labels;
  for (const plan::DraftStep& step : draft.steps) labels.push_back(step.label);
  return labels;
}

// The scored output of the graph as it stands: every node by its reference kernel, nothing dropped or fused.
inline std::vector<float> node_by_node(const Graph& graph, int output,
                                       const std::vector<std::vector<float>>& inputs, int images) {
  std::vector<std::vector<float>> values;
  size_t next_input = 0;
  for (const Node& node : graph.nodes) {
    std::vector<float>& value = values.emplace_back(static_cast<size_t>(images * node.shape.elements()));
    if (std::holds_alternative<ops::Input>(node.op)) {
      value = inputs[next_input++];
      continue;
    }
    KernelContext context{.weights = graph.weights, .output = node.shape};
    std::vector<const float*> pointers;
    for (const NodeId input : node.inputs) {
      context.inputs.push_back(graph.nodes[static_cast<size_t>(input)].shape);
      pointers.push_back(values[static_cast<size_t>(input)].data());
    }
    if (std::holds_alternative<ops::Add>(node.op) && node.inputs.size() == 1) {  // no kernel adds one tensor
      value = values[static_cast<size_t>(node.inputs[0])];
      continue;
    }
    const std::unique_ptr<Kernel> kernel = std::visit(
        [&](const auto& op) -> std::unique_ptr<Kernel> {
          if constexpr (std::is_same_v<std::decay_t<decltype(op)>, ops::Input>) {
            return nullptr;
          } else {
            return make_kernel(op, context);
          }
        },
        node.op);
    const FlushDenormals flush;
    kernel->run({.inputs = pointers, .output = value.data(), .images = images, .batch = images});
  }
  return values[static_cast<size_t>(graph.outputs[static_cast<size_t>(output)])];
}

inline std::vector<float> scores_of_plan(const Graph& graph, int output, KernelSet set,
                                         const std::vector<std::vector<float>>& inputs, int images) {
  const Plan plan = Plan::compile(graph, {.kernels = set, .output = output});
  Workspace workspace(plan, images);
  std::vector<float> scores(static_cast<size_t>(images * plan.classes()));
  const std::vector<std::span<const float>> spans(inputs.begin(), inputs.end());
  evaluate(plan, nullptr, workspace, spans, images, {.batch = images}, scores);
  return scores;
}

// The plans of all kernel sets give the graph's own bits, on ordinary images and on those with NaN, Inf, -0
// and overflow.
inline void expect_same_as_graph(const SmallGraph& small, int output = 0) {
  const Graph& graph = small.graph;
  constexpr int kImages = 3;
  std::mt19937 rng(8);
  for (const Values kind : {Values::ordinary, Values::sparse, Values::nasty, Values::nasty}) {
    std::vector<std::vector<float>> inputs;
    for (const NodeId input : graph.inputs) {
      const Shape& shape = graph.nodes[static_cast<size_t>(input)].shape;
      inputs.push_back(random_values(rng, kImages * shape.elements(), kind));
    }
    const std::vector<float> expected = node_by_node(graph, output, inputs, kImages);
    for (const KernelSet set : available_kernel_sets()) {
      EXPECT_TRUE(same_bits(expected, scores_of_plan(graph, output, set, inputs, kImages)))
          << kernel_set_name(set);
    }
  }
}

}  // namespace tf_injector::detail::test
