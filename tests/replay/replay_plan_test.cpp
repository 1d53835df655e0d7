// What replay makes of a plan: where packs may be packed anew (segments), in which sizes they come, which
// steps hold a weight.
#include "replay/plan/replay_plan.hpp"

#include <set>

#include "replay/prepared_network.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::ReplayPlan;
using replay::Segment;

// Values that the steps before `end` have made and that steps from there on, or the caller, read.
std::set<int> handed_on(const ReplayPlan& plan, size_t end) {
  std::set<int> made, needed;
  for (size_t s = 0; s < end; ++s) made.insert(plan.steps()[s].output);
  for (size_t s = end; s < plan.steps().size(); ++s) {
    for (const int value : plan.steps()[s].reads) {
      if (made.contains(value)) needed.insert(value);
    }
  }
  if (made.contains(plan.output())) needed.insert(plan.output());
  return needed;
}

// A segment ends where all that a fault can have changed is one value, and nowhere else.
void expect_segments_end_at_single_values(const Graph& graph) {
  const Plan plan = Plan::compile(graph, {});
  const ReplayPlan replay_plan(plan);
  std::set<size_t> ends;
  size_t first = 0;
  for (const Segment& segment : replay_plan.segments()) {
    EXPECT_EQ(segment.first, first);
    EXPECT_LT(segment.first, segment.end);
    EXPECT_EQ(handed_on(replay_plan, segment.end), std::set<int>{segment.value});
    EXPECT_GE(segment.per_fault_limit, 1);
    EXPECT_LE(segment.per_fault_limit, replay::kMaxPerFault);
    ends.insert(segment.end);
    first = segment.end;
  }
  EXPECT_EQ(first, replay_plan.steps().size());
  for (size_t end = 1; end <= replay_plan.steps().size(); ++end)
    EXPECT_EQ(handed_on(replay_plan, end).size() == 1, ends.contains(end)) << "behind step " << end - 1;
  EXPECT_EQ(replay_plan.segments().back().value, replay_plan.output());
}

TEST(ReplayPlan, CutsWhereOneValueIsAllThatIsHandedOn) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(101);
  for (const int blocks : {0, 1, 3}) {
    for (const bool projection : {false, true}) {
      test::NetworkBuilder builder(rng, {.blocks = blocks, .projection = projection});
      expect_segments_end_at_single_values(builder.build());
    }
  }
  expect_segments_end_at_single_values(test::OddNetwork(rng, false).graph);
  expect_segments_end_at_single_values(test::ChannelNetwork(rng, false).graph);
  expect_segments_end_at_single_values(test::GateNetwork(rng, false).graph);
}

TEST(ReplayPlan, EveryLayerOfAChainIsASegment) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(102);
  const Plan plan = Plan::compile(test::convolutions(rng, 4, {5, 6, 7}), {});
  const ReplayPlan replay_plan(plan);
  ASSERT_EQ(replay_plan.segments().size(), 3u);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(replay_plan.segments()[static_cast<size_t>(i)].value, i + 1);
}

TEST(ReplayPlan, AResidualBlockIsOneSegment) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(103);
  test::NetworkBuilder builder(rng, {.blocks = 1});  // first layer | two layers and a sum | mean .. | Dense
  const Plan plan = Plan::compile(builder.build(), {});
  const ReplayPlan replay_plan(plan);
  ASSERT_GE(replay_plan.segments().size(), 2u);
  EXPECT_EQ(replay_plan.segments()[0].end, 1u);
  EXPECT_EQ(replay_plan.segments()[1].end, 3u);
}

// The more a fault costs that runs alone, the fewer should.
TEST(ReplayPlan, FewFaultsOfALargeLayerAreFewer) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(104);
  const auto limit = [&](int64_t filters) {
    const Plan plan = Plan::compile(test::convolutions(rng, 3, {filters, filters}), {});
    return ReplayPlan(plan).segments().back().per_fault_limit;
  };
  EXPECT_EQ(limit(4), replay::kMaxPerFault);
  EXPECT_GT(limit(4), limit(64));
  EXPECT_GE(limit(64), limit(256));
  EXPECT_GT(limit(32), limit(512));
  EXPECT_EQ(limit(512), 1);
}

TEST(ReplayPlan, PackSizesGoFromTheFastestToASingleLane) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(105);
  for (const KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    const Plan plan = Plan::compile(test::convolutions(rng, 4, {5}), {.kernels = set});
    const ReplayPlan replay_plan(plan);
    const std::vector<replay::PackSize> sizes = replay_plan.pack_sizes();
    EXPECT_EQ(sizes.front().lanes, replay_plan.table().width());
    EXPECT_EQ(sizes.front().packs, 4u) << "small values: as many packs as may be";
    EXPECT_EQ(sizes.back().lanes, 1);
    EXPECT_EQ(sizes.back().packs, 1u);
    for (size_t i = 1; i < sizes.size(); ++i) {
      EXPECT_TRUE(sizes[i].lanes < sizes[i - 1].lanes ||
                  (sizes[i].lanes == sizes[i - 1].lanes && sizes[i].packs < sizes[i - 1].packs));
    }
    EXPECT_EQ(replay_plan.pack_size().lanes, sizes.front().lanes) << "when nobody says otherwise";
  }
}

// Of large values fewer packs are carried together.
TEST(ReplayPlan, LargeValuesMakeGroupsOfFewerPacks) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(106);
  const Plan plan = Plan::compile(test::convolutions(rng, 112, {16}), {});
  const ReplayPlan replay_plan(plan);
  if (replay_plan.table().width() < 32) GTEST_SKIP() << "packs of few lanes are smaller";
  EXPECT_EQ(replay_plan.pack_sizes().front().packs, 2u);
}

TEST(ReplayPlan, KnowsAllStepsThatHoldAWeight) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(107);
  const test::OddNetwork odd(rng, false);
  const Plan plan = Plan::compile(odd.graph, {});
  const ReplayPlan replay_plan(plan);
  std::vector<size_t> steps;
  for (const size_t kernel : odd.kernels)
    steps.push_back(replay_plan.steps_holding(static_cast<WeightId>(kernel)).size());
  EXPECT_EQ(steps, (std::vector<size_t>{1, 2, 1, 1, 1, 1}));
}

}  // namespace
}  // namespace tf_injector::detail
