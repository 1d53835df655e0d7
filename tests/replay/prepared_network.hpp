// A network ready for replay, with the golden activations of one image: what the test of a single piece of
// replay begins with.
#pragma once

#include <gtest/gtest.h>

#include <span>
#include <utility>
#include <vector>

#include "core/flush_denormals.hpp"
#include "kernels/same_bits.hpp"
#include "replay/golden_activations.hpp"
#include "replay/plan/replay_plan.hpp"
#include "support/random_network.hpp"

namespace tf_injector::detail::test {

// Is there an instruction set that replay has lanes for? The reference has none.
inline bool has_lanes() { return available_kernel_sets().front() != KernelSet::scalar; }

struct PreparedNetwork {
  FlushDenormals flush;  // as while a campaign evaluates
  BatchContext context{.batch = 512};
  Graph graph;
  std::vector<float> image;
  Plan plan, reference;
  replay::ReplayPlan replay_plan;
  replay::GoldenActivations golden;

  PreparedNetwork(Graph network, std::vector<float> values, const replay::Shortcuts& shortcuts = {},
                  replay::PackSize size = {})
      : graph(std::move(network)),
        image(std::move(values)),
        plan(Plan::compile(graph, {})),
        reference(Plan::compile(graph, {.kernels = KernelSet::scalar})),
        replay_plan(plan, shortcuts, size),
        golden(replay_plan) {
    const std::span<const float> inputs[] = {image};
    golden.run(inputs, context);
  }

  [[nodiscard]] const replay::ValueInfo& info(int value) const {
    return replay_plan.values()[static_cast<size_t>(value)];
  }
  // What the scalar reference says of the network's output, with a fault or (null) without.
  [[nodiscard]] std::vector<float> evaluated(const Patch* patch) const {
    Workspace workspace(reference, 1);
    std::vector<float> scores(static_cast<size_t>(reference.classes()));
    const std::span<const float> inputs[] = {image};
    if (patch == nullptr) {
      evaluate(reference, nullptr, workspace, inputs, 1, context, scores);
    } else {
      const Overlay overlay(reference, *patch);
      evaluate(reference, &overlay, workspace, inputs, 1, context, scores);
    }
    return scores;
  }
};

// Convolutions with a ReLU, 3x3, each with so many filters, on an image of side x side x 3. The weights of
// layer i have the id i; the last layer's output is the network's, flattened.
inline Graph convolutions(std::mt19937& rng, int64_t side, const std::vector<int64_t>& filters) {
  Graph graph;
  NodeId h = graph.add_input("in", "in", {side, side, 3});
  int64_t cin = 3;
  for (const int64_t count : filters) {
    Weight kernel{"kernel" + std::to_string(graph.weights.size()), {3, 3, cin, count}, {}};
    kernel.values = random_values(rng, kernel.shape.elements(), Values::ordinary);
    for (float& w : kernel.values) w *= 0.4f;
    graph.weights.push_back(std::move(kernel));
    const ops::Conv2D op{.kernel = static_cast<WeightId>(graph.weights.size() - 1),
                         .kernel_size = {3, 3},
                         .filters = count,
                         .padding = ops::Padding::same};
    h = graph.add("relu", ops::Activation{}, {graph.add("conv", op, {h})});
    cin = count;
  }
  graph.outputs = {graph.add("flat", ops::Reshape{Shape{side * side * cin}}, {h})};
  graph.output_names = {"flat"};
  return graph;
}

// One of its weights with other bits.
inline Patch patch_of(const Graph& graph, WeightId weight, int64_t element, float value) {
  const float old = graph.weights[static_cast<size_t>(weight)].values[static_cast<size_t>(element)];
  return {.weight = weight, .element = element, .old_bits = float_bits(old), .new_bits = float_bits(value)};
}

}  // namespace tf_injector::detail::test
