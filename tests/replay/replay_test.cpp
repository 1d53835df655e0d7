// Replay equals the plain evaluation in every bit: random networks, random faults, Inf and NaN among them.
#include "replay/replay.hpp"

#include <gtest/gtest.h>

#include "kernels/same_bits.hpp"
#include "support/random_network.hpp"

namespace tf_injector {
namespace {

using replay::FaultBlock;
using replay::ReplayPlan;
using replay::ReplayWorkspace;

void expect_replay_equals_evaluate(std::mt19937& rng, const test::NetworkOptions& options, KernelSet set,
                                   int faults) {
  test::NetworkBuilder builder(rng, options);
  const Graph graph = builder.build();
  const Plan plan = Plan::compile(graph, {.kernels = set});
  std::vector<Patch> patches;
  for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, graph, builder.kernels));
  const ReplayPlan replay_plan(plan);
  const FaultBlock block(replay_plan, patches);
  ReplayWorkspace replay(replay_plan);
  Workspace workspace(plan, 1);
  for (int image = 0; image < 3; ++image) {
    const std::vector<float> input =
        test::random_values(rng, plan.inputs()[0].shape.elements(), test::Values::ordinary);
    const std::span<const float> inputs[] = {input};
    std::vector<float> golden(static_cast<size_t>(plan.classes())), expected(golden.size());
    std::vector<std::vector<float>> scores(patches.size());
    replay.run_golden(inputs, {.batch = 512}, golden);
    for (const replay::Group& group : block.groups())
      replay.run_group(group,
                       [&](size_t f, std::span<const float> s) { scores[f].assign(s.begin(), s.end()); });
    evaluate(plan, nullptr, workspace, inputs, 1, {.batch = 512}, expected);
    ASSERT_TRUE(test::same_bits(expected, golden));
    for (size_t f = 0; f < patches.size(); ++f) {
      const Overlay overlay(plan, patches[f]);
      evaluate(plan, &overlay, workspace, inputs, 1, {.batch = 512}, expected);
      const bool changed = !scores[f].empty();
      EXPECT_EQ(changed, !test::same_bits(expected, golden)) << "fault " << f;
      EXPECT_TRUE(test::same_bits(expected, changed ? scores[f] : golden))
          << "fault " << f << " in weight " << patches[f].weight << ", new bits " << std::hex
          << patches[f].new_bits;
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
      expect_replay_equals_evaluate(rng, options, set, round == 0 ? 150 : 40);
    }
  }
}

}  // namespace
}  // namespace tf_injector
