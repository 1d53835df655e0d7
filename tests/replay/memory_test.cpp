// What replay allocates stays within what its plan says: counted by the allocation functions of this program.
#include <gtest/gtest.h>

#include <optional>

#include "replay/replay.hpp"
#include "support/counted_allocations.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::PackSize;
using replay::ReplayPlan;
using replay::ReplayWorkspace;
using test::most_while;

struct Case {
  Graph graph;
  std::vector<Patch> patches;
  std::vector<std::vector<float>> images;

  Case(std::mt19937& rng, Graph network, const std::vector<size_t>& kernels, int faults)
      : graph(std::move(network)) {
    for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, graph, kernels));
    const int64_t elements = graph.nodes.front().shape.elements();
    for (int i = 0; i < 3; ++i) images.push_back(test::random_values(rng, elements, test::Values::ordinary));
  }
  static Case residual(std::mt19937& rng, const test::NetworkOptions& options, int faults) {
    test::NetworkBuilder builder(rng, options);
    Graph graph = builder.build();
    return {rng, std::move(graph), builder.kernels, faults};
  }
};

void replay_all(const ReplayPlan& plan, const FaultBlock& block, const Case& of) {
  ReplayWorkspace workspace(plan);
  std::vector<float> golden(static_cast<size_t>(plan.plan().classes()));
  for (const std::vector<float>& image : of.images) {
    const std::span<const float> inputs[] = {image};
    workspace.run_golden(inputs, {.batch = 512}, golden);
    for (const replay::Group& group : block.groups())
      workspace.run_group(group, [](BlockIndex, std::span<const float>) {});
  }
}

// Several groups of packs: what comes after them takes no more.
std::span<const Patch> enough_for(PackSize size, std::span<const Patch> patches) {
  const size_t groups = 4 * static_cast<size_t>(size.lanes) * size.packs;
  return patches.first(std::min(patches.size(), std::max<size_t>(groups, 40)));
}

// In packs of every size.
void expect_stated_memory(const Case& of) {
  const Plan plan = Plan::compile(of.graph, {});
  for (const PackSize size : ReplayPlan(plan).pack_sizes()) {
    SCOPED_TRACE(std::to_string(size.lanes) + " lanes, " + std::to_string(size.packs) + " packs");
    std::optional<ReplayPlan> replay_plan;
    const size_t plan_bytes = most_while([&] { replay_plan.emplace(plan, replay::Shortcuts{}, size); });
    EXPECT_LE(plan_bytes, replay_plan->bytes());
    const std::span<const Patch> patches = enough_for(size, of.patches);
    std::optional<FaultBlock> block;
    const size_t block_bytes = most_while([&] { block.emplace(*replay_plan, patches); });
    EXPECT_LE(block_bytes, patches.size() * replay_plan->bytes_per_fault(patches));
    const size_t most = most_while([&] { replay_all(*replay_plan, *block, of); });
    EXPECT_LE(most, replay_plan->workspace_bytes(size));
    EXPECT_GE(8 * most + (2 << 20), replay_plan->workspace_bytes(size)) << "it says far too much";
  }
}

TEST(ReplayMemory, StaysWithinWhatThePlanSays) {
  if (available_kernel_sets().front() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(21);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    expect_stated_memory(Case::residual(rng,
                                        {.side = 6 + 3 * round,
                                         .channels = 5 + 9 * round,
                                         .blocks = 2 + round % 3,
                                         .bias = round % 2 == 0,
                                         .projection = round % 2 == 1},
                                        round == 5 ? 400 : 150));
  }
  for (const bool infinite : {false, true}) {
    const test::OddNetwork odd(rng, infinite);
    expect_stated_memory({rng, odd.graph, odd.kernels, 300});
    const test::ChannelNetwork channels(rng, infinite);
    expect_stated_memory({rng, channels.graph, channels.kernels, 300});
  }
}

// Every lane comes to every pixel, one after the other: what pixels leave behind does not add up.
TEST(ReplayMemory, PixelsThatAreWrittenAnewStayWithinTheirBuffer) {
  std::mt19937 rng(23);
  const Case of = Case::residual(rng, {.side = 9, .channels = 21}, 1);
  const Plan plan = Plan::compile(of.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const ReplayPlan replay_plan(plan);
  replay::GoldenActivations golden(replay_plan);
  const std::span<const float> inputs[] = {of.images[0]};
  golden.run(inputs, {.batch = 512});
  replay::PackedActivations values(replay_plan, golden);
  const int value = 1, lanes = replay_plan.pack_size().lanes;
  const replay::ValueInfo& info = replay_plan.values()[value];
  values.reset(lanes);
  values.begin(value);
  const auto number = [&](int lane, int64_t p, int64_t c) {
    return static_cast<float>(1 + lane + 100 * p) + static_cast<float>(c) / 64;
  };
  std::vector<replay::LaneChange> changes;
  for (int lane = 0; lane < lanes; ++lane) {
    for (int64_t p = 0; p < info.positions; ++p) {
      changes.clear();
      for (int32_t c = 0; c < info.channels; ++c) changes.push_back({c, lane, number(lane, p, c)});
      values.merge(value, p, changes);
    }
  }
  std::vector<float> pixel(static_cast<size_t>(info.channels));
  for (int64_t p = 0; p < info.positions; ++p) {
    ASSERT_EQ(std::popcount(values.changed_lanes(value, p)), lanes);
    for (int lane = 0; lane < lanes; ++lane) {
      values.read(value, p, lane, pixel.data());
      for (int64_t c = 0; c < info.channels; ++c)
        ASSERT_EQ(pixel[static_cast<size_t>(c)], number(lane, p, c)) << p << ' ' << lane << ' ' << c;
    }
  }
  const replay::SparsePixelBuffer buffer = values.exchange(value, values.make_buffer(value));
  EXPECT_GE(static_cast<int64_t>(buffer.values.size()), info.positions * info.channels * lanes);
  EXPECT_LE(static_cast<int64_t>(buffer.values.size()), buffer.most.values);
  EXPECT_LE(static_cast<int64_t>(buffer.channels.size()), buffer.most.channels);
}

TEST(ReplayMemory, SmallerPacksTakeLess) {
  std::mt19937 rng(22);
  const Case of = Case::residual(rng, {.side = 16, .channels = 32}, 1);
  const Plan plan = Plan::compile(of.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const ReplayPlan replay_plan(plan);
  const std::vector<PackSize> sizes = replay_plan.pack_sizes();
  ASSERT_GT(sizes.size(), 3U);
  EXPECT_EQ(sizes.back().lanes, 1);
  for (size_t i = 1; i < sizes.size(); ++i)
    EXPECT_LE(replay_plan.workspace_bytes(sizes[i]), replay_plan.workspace_bytes(sizes[i - 1]));
}

}  // namespace
}  // namespace tf_injector::detail
