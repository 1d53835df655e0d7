// What the engines say of themselves before they are made: memory and speed of the sizes to choose from.
#include <gtest/gtest.h>

#include "engine/engine.hpp"
#include "replay/plan/replay_plan.hpp"
#include "support/odd_networks.hpp"
#include "support/random_network.hpp"

namespace tf_injector::detail {
namespace {

// Smaller packs are slower and take less: about 0.8 times as fast with half the lanes.
TEST(EngineNeeds, SmallerSizesOfReplayAreSlowerAndTakeLess) {
  std::mt19937 rng(31);
  const test::OddNetwork odd(rng, false);
  const Plan plan = Plan::compile(odd.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const replay::ReplayPlan replay_plan(plan);
  const std::vector<replay::PackSize> packs = replay_plan.pack_sizes();
  const std::vector<Patch> faults(1000, test::random_fault(rng, odd.graph, odd.kernels));
  const std::vector<EngineSize> sizes = replay_engine_needs(plan, faults).sizes;
  ASSERT_EQ(sizes.size(), packs.size());
  EXPECT_EQ(sizes.front().speed, 1.0);
  for (size_t i = 0; i < sizes.size(); ++i) {
    SCOPED_TRACE("size " + std::to_string(i));
    EXPECT_EQ(sizes[i].bytes_per_thread, replay_plan.workspace_bytes(packs[i]));
    EXPECT_EQ(sizes[i].least_block, static_cast<size_t>(packs[i].lanes) * packs[i].packs);
    if (i == 0) continue;
    EXPECT_LT(sizes[i].speed, sizes[i - 1].speed);
    EXPECT_LE(sizes[i].bytes_per_thread, sizes[i - 1].bytes_per_thread);
    if (2 * packs[i].lanes == packs[i - 1].lanes) {
      EXPECT_NEAR(sizes[i].speed / sizes[i - 1].speed, 0.8, 0.05);
    }
  }
}

// No pack is made for more faults than there are.
TEST(EngineNeeds, FewFaultsTakeLess) {
  std::mt19937 rng(33);
  const test::OddNetwork odd(rng, false);
  const Plan plan = Plan::compile(odd.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  uint64_t before = 0;
  for (const size_t faults : {1, 7, 40, 1000}) {
    const std::vector<Patch> list(faults, test::random_fault(rng, odd.graph, odd.kernels));
    const EngineSize size = replay_engine_needs(plan, list).sizes.front();
    EXPECT_GT(size.bytes_per_thread, before) << faults;
    before = size.bytes_per_thread;
    if (faults < 1000) {
      EXPECT_EQ(size.least_block, faults);
    }
  }
}

TEST(EngineNeeds, WithoutFaultsReplayTakesItsSmallestSize) {
  std::mt19937 rng(32);
  const test::OddNetwork odd(rng, false);
  const Plan plan = Plan::compile(odd.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const replay::ReplayPlan replay_plan(plan);
  const EngineNeeds needs = replay_engine_needs(plan, {});
  ASSERT_EQ(needs.sizes.size(), 1U);
  EXPECT_EQ(needs.sizes[0].bytes_per_thread, replay_plan.workspace_bytes(replay_plan.pack_sizes().back()));
  EXPECT_EQ(needs.bytes, replay_plan.bytes());
  EXPECT_TRUE(needs.repeats_golden);
  EXPECT_GE(needs.preferred_tile, 1);
}

// A tile's values stay in a core's own cache; a fault takes a copy of the weights that it is in.
TEST(EngineNeeds, PlainTilesStayWithinTheCache) {
  constexpr size_t kCache = 1 << 20;
  std::mt19937 rng(33);
  for (const int side : {4, 24, 96}) {
    test::NetworkBuilder builder(rng, {.side = side, .channels = 24});
    const Graph graph = builder.build();
    const Plan plan = Plan::compile(graph, {});
    const Patch fault = test::random_fault(rng, graph, builder.kernels);
    const EngineNeeds needs = plain_engine_needs(plan, std::span(&fault, 1));
    ASSERT_EQ(needs.sizes.size(), 1U);
    EXPECT_FALSE(needs.repeats_golden);
    const size_t image = plan.workspace_bytes_per_image(), tile = static_cast<size_t>(needs.preferred_tile);
    EXPECT_GE(needs.bytes_per_thread_image, image + sizeof(float) * static_cast<size_t>(plan.classes()));
    EXPECT_TRUE(tile == 1 || tile * image <= kCache) << side;
    EXPECT_TRUE(tile == 64 || (tile + 1) * image > kCache) << side;
    EXPECT_GE(needs.bytes_per_fault, sizeof(float));
  }
}

}  // namespace
}  // namespace tf_injector::detail
