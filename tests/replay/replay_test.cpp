// Replay equals the plain evaluation in every bit: random networks, random faults, Inf and NaN among them.
#include "replay/replay.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "kernels/same_bits.hpp"
#include "support/random_network.hpp"

namespace tf_injector {
namespace {

using replay::FaultBlock;
using replay::ReplayPlan;
using replay::ReplayWorkspace;

// Faults on random images, replayed and evaluated the plain way.
void expect_replay_equals_evaluate(std::mt19937& rng, const Graph& graph, const std::vector<size_t>& kernels,
                                   KernelSet set, int faults, int batch,
                                   const replay::Shortcuts& shortcuts = {}) {
  const Plan plan = Plan::compile(graph, {.kernels = set});
  std::vector<Patch> patches;
  for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, graph, kernels));
  const ReplayPlan replay_plan(plan, shortcuts);
  const FaultBlock block(replay_plan, patches);
  ReplayWorkspace replay(replay_plan);
  Workspace workspace(plan, 1);
  for (int image = 0; image < 3; ++image) {
    const std::vector<float> input =
        test::random_values(rng, plan.inputs()[0].shape.elements(), test::Values::ordinary);
    const std::span<const float> inputs[] = {input};
    std::vector<float> golden(static_cast<size_t>(plan.classes())), expected(golden.size());
    std::vector<std::vector<float>> scores(patches.size());
    replay.run_golden(inputs, {.batch = batch}, golden);
    for (const replay::Group& group : block.groups()) {
      replay.run_group(group,
                       [&](size_t f, std::span<const float> s) { scores[f].assign(s.begin(), s.end()); });
    }
    evaluate(plan, nullptr, workspace, inputs, 1, {.batch = batch}, expected);
    ASSERT_TRUE(test::same_bits(expected, golden));
    for (size_t f = 0; f < patches.size(); ++f) {
      const Overlay overlay(plan, patches[f]);
      evaluate(plan, &overlay, workspace, inputs, 1, {.batch = batch}, expected);
      const bool changed = !scores[f].empty();
      EXPECT_EQ(changed, !test::same_bits(expected, golden)) << "fault " << f;
      EXPECT_TRUE(test::same_bits(expected, changed ? scores[f] : golden))
          << "fault " << f << " in weight " << patches[f].weight << ", new bits " << std::hex
          << patches[f].new_bits;
    }
  }
}

// A graph with random weights, and which of them are faulted.
struct RandomGraph {
  std::mt19937& rng;
  Graph graph;
  std::vector<size_t> kernels;

  WeightId weight(const Shape& shape, float scale) {
    Weight w{"w" + std::to_string(graph.weights.size()), shape,
             test::random_values(rng, shape.elements(), test::Values::ordinary)};
    for (float& v : w.values) v *= scale;
    graph.weights.push_back(std::move(w));
    return static_cast<WeightId>(graph.weights.size() - 1);
  }
  WeightId faultable(WeightId id) {
    kernels.push_back(static_cast<size_t>(id));
    return id;
  }
  NodeId relu(NodeId h) { return graph.add("relu", ops::Activation{}, {h}); }
};

// A network with what residual networks lack: a weight that two convolutions share, groups, a sum of three, a
// Dense over a flattened image whose sum is cut into blocks, a Dense behind it, and no ReLU in places.
struct OddNetwork : RandomGraph {
  OddNetwork(std::mt19937& random, bool infinite_weight) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 8, kChannels = 12;
    const auto convolve = [&](NodeId in, WeightId kernel, int64_t groups) {
      return graph.add("conv",
                       ops::Conv2D{.kernel = kernel,
                                   .kernel_size = {3, 3},
                                   .groups = groups,
                                   .filters = kChannels,
                                   .padding = ops::Padding::same},
                       {in});
    };
    const NodeId in = graph.add_input("in", "in", {kSide, kSide, 3});
    NodeId h = relu(convolve(in, faultable(weight({3, 3, 3, kChannels}, 0.3f)), 1));
    const WeightId shared = faultable(weight({3, 3, kChannels, kChannels}, 0.1f));
    const NodeId a = relu(convolve(h, shared, 1));
    const NodeId b = convolve(a, shared, 1);
    h = graph.add("sum", ops::Add{}, {h, a, b});
    h = relu(h);
    const WeightId grouped = faultable(weight({3, 3, kChannels / 3, kChannels}, 0.2f));
    if (infinite_weight) graph.weights[static_cast<size_t>(grouped)].values[5] = HUGE_VALF;
    h = convolve(h, grouped, 3);
    const WeightId last = faultable(weight({3, 3, kChannels, kChannels}, 0.1f));
    if (infinite_weight) graph.weights[static_cast<size_t>(last)].values[7] = -HUGE_VALF;
    h = relu(convolve(h, last, 1));
    h = graph.add("flat", ops::Reshape{Shape{kSide * kSide * kChannels}}, {h});
    h = relu(graph.add(
        "dense",
        ops::Dense{faultable(weight({kSide * kSide * kChannels, 20}, 0.05f)), weight({20}, 0.1f), 20}, {h}));
    h = graph.add("scores", ops::Dense{faultable(weight({20, 7}, 0.3f)), weight({7}, 0.1f), 7}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

TEST(Replay, EqualsThePlainEvaluationOnOddNetworks) {
  std::mt19937 rng(12);
  for (int round = 0; round < 4; ++round) {
    const OddNetwork network(rng, round == 3);
    for (KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      for (int batch : {1, 512}) {
        SCOPED_TRACE(std::string(kernel_set_name(set)) + ", round " + std::to_string(round));
        expect_replay_equals_evaluate(rng, network.graph, network.kernels, set, 120, batch);
      }
    }
  }
}

// Ops of single channels and joins: groups, depthwise, max pooling behind a border of -Inf, branches.
struct ChannelNetwork : RandomGraph {
  ChannelNetwork(std::mt19937& random, bool infinite_weight) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 7, kChannels = 18;
    const auto convolve = [&](NodeId in, int64_t size, int64_t cin, int64_t filters, int64_t groups) {
      ops::Conv2D op{
          .kernel_size = {size, size}, .groups = groups, .filters = filters, .padding = ops::Padding::same};
      op.kernel = faultable(weight({size, size, cin / groups, filters}, 0.3f));
      return graph.add("conv", op, {in});
    };
    const NodeId in = graph.add_input("in", "in", {kSide, kSide, 3});
    const NodeId stem = relu(convolve(in, 3, 3, kChannels, 1));
    NodeId grouped = convolve(stem, 3, kChannels, kChannels, kChannels);
    if (infinite_weight) graph.weights.back().values[20] = HUGE_VALF;
    grouped = relu(graph.add("sum", ops::Add{}, {grouped, stem}));
    const ops::DepthwiseConv2D depthwise{.kernel = weight({5, 3, kChannels, 1}, 0.3f),
                                         .bias = weight({kChannels}, 0.1f),
                                         .kernel_size = {5, 3},
                                         .padding = ops::Padding::same};
    const NodeId deep = graph.add("depthwise", depthwise, {convolve(stem, 1, kChannels, kChannels, 1)});
    NodeId pooled = graph.add("pad", ops::Pad{{{{1, 1}}, {{1, 1}}, {{0, 0}}}, -HUGE_VALF}, {grouped});
    pooled = graph.add("pool", ops::MaxPool2D{.pool_size = {3, 3}, .strides = {1, 1}}, {pooled});
    NodeId h = graph.add("join", ops::Concat{2}, {deep, stem, pooled});
    h = graph.add("join", ops::Concat{2}, {h, relu(convolve(h, 3, 3 * kChannels, 9, 1))});
    h = graph.add("pool",
                  ops::MaxPool2D{.pool_size = {2, 3}, .strides = {2, 2}, .padding = ops::Padding::same}, {h});
    h = convolve(h, 1, 3 * kChannels + 9, 20, 1);
    const NodeId largest = graph.add("largest", ops::GlobalMaxPool{}, {h});
    const NodeId mean =
        graph.add("mean", ops::GlobalAveragePool{}, {graph.add("tall", ops::Concat{0}, {h, h})});
    h = graph.add("vectors", ops::Concat{0}, {largest, mean});
    h = graph.add("scores", ops::Dense{faultable(weight({40, 7}, 0.3f)), weight({7}, 0.1f), 7}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

TEST(Replay, EqualsThePlainEvaluationOnNetworksOfChannels) {
  std::mt19937 rng(13);
  for (int round = 0; round < 4; ++round) {
    const ChannelNetwork network(rng, round == 3);
    for (KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      SCOPED_TRACE(std::string(kernel_set_name(set)) + ", round " + std::to_string(round));
      expect_replay_equals_evaluate(rng, network.graph, network.kernels, set, 150, round == 2 ? 1 : 512);
    }
  }
}

TEST(Replay, EqualsThePlainEvaluation) {
  std::mt19937 rng(11);
  for (int round = 0; round < 16; ++round) {
    const test::NetworkOptions options{.side = 5 + round % 4,
                                       .channels = 3 + round % 7 * 4,
                                       .blocks = 1 + round % 4,
                                       .same_padding = round % 2 == 1,
                                       .bias = round % 3 == 1,
                                       .relu6 = round % 5 == 4,
                                       .projection = round % 3 == 2,
                                       .average_pool = round % 4 < 2};
    for (KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      SCOPED_TRACE(std::string(kernel_set_name(set)) + ", round " + std::to_string(round));
      test::NetworkBuilder builder(rng, options);
      const Graph graph = builder.build();
      expect_replay_equals_evaluate(rng, graph, builder.kernels, set, round == 0 ? 150 : 40, 512);
    }
  }
}

// All shortcuts but one, and none.
std::vector<std::pair<std::string, replay::Shortcuts>> shortcuts_left_out() {
  std::vector<std::pair<std::string, replay::Shortcuts>> all;
  replay::Shortcuts none;
  for (const replay::Shortcut& shortcut : replay::kShortcuts) {
    replay::Shortcuts others;
    others.*shortcut.is_on = none.*shortcut.is_on = false;
    all.emplace_back(std::string("without ") + shortcut.name, others);
  }
  all.emplace_back("with none", none);
  return all;
}

TEST(Replay, EqualsThePlainEvaluationWhateverShortcutIsLeftOut) {
  std::mt19937 rng(14);
  for (int round = 0; round < 2; ++round) {
    const OddNetwork odd(rng, round == 1);
    const ChannelNetwork channels(rng, round == 1);
    test::NetworkBuilder residual(rng,
                                  {.side = 7 + round, .channels = 19, .bias = true, .relu6 = round == 1});
    const Graph residual_graph = residual.build();
    for (const auto& [name, shortcuts] : shortcuts_left_out()) {
      for (KernelSet set : available_kernel_sets()) {
        if (set == KernelSet::scalar) continue;  // the reference has no lanes
        SCOPED_TRACE(std::string(kernel_set_name(set)) + ", " + name + ", round " + std::to_string(round));
        expect_replay_equals_evaluate(rng, odd.graph, odd.kernels, set, 70, 512, shortcuts);
        expect_replay_equals_evaluate(rng, channels.graph, channels.kernels, set, 70, 512, shortcuts);
        expect_replay_equals_evaluate(rng, residual_graph, residual.kernels, set, 70, 512, shortcuts);
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector
