// Replay equals the plain evaluation in every bit: random networks, random faults, Inf and NaN among them.
#include "replay/replay.hpp"

#include <gtest/gtest.h>

#include "kernels/same_bits.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::ReplayPlan;
using replay::ReplayWorkspace;
using test::ChannelNetwork;
using test::GateNetwork;
using test::OddNetwork;

// Faults on random images, replayed and evaluated the plain way.
void expect_replay_equals_evaluate(std::mt19937& rng, const Graph& graph, const std::vector<size_t>& kernels,
                                   KernelSet set, int faults, int batch,
                                   const replay::Shortcuts& shortcuts = {}, replay::PackSize size = {}) {
  const Plan plan = Plan::compile(graph, {.kernels = set});
  std::vector<Patch> patches;
  for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, graph, kernels));
  const ReplayPlan replay_plan(plan, shortcuts, size);
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
      replay.run_group(
          group, [&](BlockIndex f, std::span<const float> s) { scores[f.value].assign(s.begin(), s.end()); });
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

TEST(Replay, EqualsThePlainEvaluationOnNetworksOfGates) {
  std::mt19937 rng(16);
  for (int round = 0; round < 4; ++round) {
    const GateNetwork network(rng, round % 2 == 1);
    for (KernelSet set : available_kernel_sets()) {
      if (set == KernelSet::scalar) continue;  // the reference has no lanes
      SCOPED_TRACE(std::string(kernel_set_name(set)) + ", round " + std::to_string(round));
      expect_replay_equals_evaluate(rng, network.graph, network.kernels, set, 150, round < 2 ? 512 : 1);
    }
  }
}

TEST(Replay, FunctionsAndBinaryOpsAreComputedForAPackAtOnce) {
  std::mt19937 rng(17);
  const GateNetwork network(rng, false);
  for (KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    const Plan compiled = Plan::compile(network.graph, {.kernels = set});
    const ReplayPlan plan(compiled);
    int functions = 0, binaries = 0;
    for (const replay::ReplayStep& step : plan.steps()) {
      functions += step.function != nullptr ? 1 : 0;
      binaries += step.binary ? 1 : 0;
    }
    EXPECT_EQ(functions, 5);
    EXPECT_EQ(binaries, 8);
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

TEST(Replay, EqualsThePlainEvaluationWhateverTheSizeOfThePacks) {
  std::mt19937 rng(15);
  const OddNetwork odd(rng, false);
  const ChannelNetwork channels(rng, true);
  test::NetworkBuilder residual(rng, {.side = 9, .channels = 17});
  const Graph residual_graph = residual.build();
  for (KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    const Plan plan = Plan::compile(residual_graph, {.kernels = set});
    for (const replay::PackSize size : ReplayPlan(plan).pack_sizes()) {
      SCOPED_TRACE(std::string(kernel_set_name(set)) + ", " + std::to_string(size.lanes) + " lanes, " +
                   std::to_string(size.packs) + " packs");
      expect_replay_equals_evaluate(rng, odd.graph, odd.kernels, set, 90, 512, {}, size);
      expect_replay_equals_evaluate(rng, channels.graph, channels.kernels, set, 90, 512, {}, size);
      expect_replay_equals_evaluate(rng, residual_graph, residual.kernels, set, 90, 512, {}, size);
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
    const GateNetwork gates(rng, round == 1);
    test::NetworkBuilder residual(rng,
                                  {.side = 7 + round, .channels = 19, .bias = true, .relu6 = round == 1});
    const Graph residual_graph = residual.build();
    for (const auto& [name, shortcuts] : shortcuts_left_out()) {
      for (KernelSet set : available_kernel_sets()) {
        if (set == KernelSet::scalar) continue;  // the reference has no lanes
        SCOPED_TRACE(std::string(kernel_set_name(set)) + ", " + name + ", round " + std::to_string(round));
        expect_replay_equals_evaluate(rng, odd.graph, odd.kernels, set, 70, 512, shortcuts);
        expect_replay_equals_evaluate(rng, channels.graph, channels.kernels, set, 70, 512, shortcuts);
        expect_replay_equals_evaluate(rng, gates.graph, gates.kernels, set, 70, 512, shortcuts);
        expect_replay_equals_evaluate(rng, residual_graph, residual.kernels, set, 70, 512, shortcuts);
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
