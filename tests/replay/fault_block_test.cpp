// A block of faults in packs: which lie together, in which order, and what a pack knows of the layers that it
// hits.
#include "replay/fault_block.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "replay/prepared_network.hpp"
#include "support/block_indices.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::Group;
using replay::LayerFaults;
using replay::Pack;
using test::PreparedNetwork;

constexpr int64_t kSide = 4;

PreparedNetwork prepared(std::mt19937& rng, const replay::Shortcuts& shortcuts = {},
                         replay::PackSize size = {}) {
  return {test::convolutions(rng, kSide, {5, 6, 4}),
          test::random_values(rng, kSide * kSide * 3, test::Values::ordinary), shortcuts, size};
}

// A fault that adds so much to a weight.
Patch added(const Graph& graph, WeightId weight, int64_t element, float delta) {
  const float old = graph.weights[static_cast<size_t>(weight)].values[static_cast<size_t>(element)];
  return test::patch_of(graph, weight, element, old + delta);
}

std::vector<const Pack*> packs_of(const FaultBlock& block) {
  std::vector<const Pack*> packs;
  for (const Group& group : block.groups()) {
    for (const Pack& pack : group.packs) packs.push_back(&pack);
    for (const Pack& pack : group.multi_layer_packs) packs.push_back(&pack);
  }
  return packs;
}

float delta_of(const Patch& patch) {
  const float delta = std::fabs(bits_float(patch.new_bits) - bits_float(patch.old_bits));
  return std::isfinite(delta) ? delta : HUGE_VALF;
}

// A piece of a block: its faults are known by their indices in the whole.
TEST(FaultBlock, KeepsTheIndicesOfTheBlockThatItIsAPieceOf) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(90);
  const PreparedNetwork network = prepared(rng);
  const Graph& g = network.graph;
  const std::vector<Patch> patches = {added(g, 2, 3, 2.0f), added(g, 0, 7, 1000.0f), added(g, 1, 1, -0.5f)};
  std::set<BlockIndex> found;
  const FaultBlock block(network.replay_plan, patches, BlockIndex(70));
  for (const Pack* pack : packs_of(block)) {
    found.insert(pack->faults.begin(), pack->faults.end());
    EXPECT_EQ(pack->has_large_delta, pack->faults.front() == BlockIndex(71));
  }
  EXPECT_EQ(found, (std::set<BlockIndex>{BlockIndex(70), BlockIndex(71), BlockIndex(72)}));
}

TEST(FaultBlock, LanesLieInTheOrderOfTheirChangesAndLargeOnesApart) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(91);
  const PreparedNetwork network = prepared(rng);
  const Graph& g = network.graph;
  const std::vector<Patch> patches = {
      added(g, 0, 3, 2.0f),   added(g, 0, 7, 1000.0f), added(g, 0, 1, -0.5f),
      added(g, 0, 9, 0.125f), added(g, 0, 2, 9.0f),    test::patch_of(g, 0, 4, std::nanf("")),
  };
  const FaultBlock block(network.replay_plan, patches);
  const std::vector<const Pack*> packs = packs_of(block);
  ASSERT_EQ(packs.size(), 2u);
  EXPECT_FALSE(packs[0]->has_large_delta);
  EXPECT_EQ(packs[0]->faults, test::block_indices({3, 2, 0}));
  EXPECT_TRUE(packs[1]->has_large_delta);
  EXPECT_EQ(packs[1]->faults, test::block_indices({4, 1, 5}));
}

// A weight that changes by more than 8 does so by much: exactly 8 is not more.
TEST(FaultBlock, AChangeOfExactlyTheLimitIsNotLarge) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(97);
  Graph graph = test::convolutions(rng, kSide, {5});
  graph.weights[0].values[0] = 1.0f;
  const PreparedNetwork network(std::move(graph),
                                test::random_values(rng, kSide * kSide * 3, test::Values::ordinary));
  const std::vector<Patch> patches = {test::patch_of(network.graph, 0, 0, -7.0f),
                                      test::patch_of(network.graph, 0, 0, std::nextafter(9.0f, 10.0f))};
  const FaultBlock block(network.replay_plan, patches);
  const std::vector<const Pack*> packs = packs_of(block);
  ASSERT_EQ(packs.size(), 2u);
  for (const Pack* pack : packs) EXPECT_EQ(pack->has_large_delta, pack->faults == test::block_indices({1}));
}

TEST(FaultBlock, APackThatIsNotFullTakesFaultsOfTheLayersBehind) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(92);
  const PreparedNetwork network = prepared(rng);
  const Graph& g = network.graph;
  const std::vector<Patch> patches = {added(g, 2, 0, 0.1f), added(g, 0, 0, 0.3f), added(g, 1, 0, 0.2f)};
  const FaultBlock block(network.replay_plan, patches);
  const std::vector<const Pack*> packs = packs_of(block);
  ASSERT_EQ(packs.size(), 1u);
  EXPECT_EQ(packs[0]->faults, test::block_indices({0, 2, 1}));
  ASSERT_EQ(packs[0]->hits.size(), 3u);
  for (size_t step = 0; step < 3; ++step) {
    EXPECT_EQ(packs[0]->hits[step].step, step);
    EXPECT_EQ(packs[0]->hits[step].lane, (std::vector<int32_t>{2 - static_cast<int32_t>(step)}));
  }
}

TEST(FaultBlock, AWeightThatNoScoreDependsOnIsInNoPack) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(93);
  Graph graph = test::convolutions(rng, kSide, {5});
  graph.weights.push_back({"unread", {2}, {1.0f, 2.0f}});
  const PreparedNetwork network(std::move(graph),
                                test::random_values(rng, kSide * kSide * 3, test::Values::ordinary));
  const std::vector<Patch> patches = {added(network.graph, 1, 0, 1.0f)};
  const FaultBlock block(network.replay_plan, patches);
  EXPECT_TRUE(block.groups().empty());
  EXPECT_EQ(block.size(), 1u);
}

// A weight of two layers: its faults stand apart, with both layers' kernels as the fault has them.
TEST(FaultBlock, FaultsOfSeveralLayersStandApart) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(94);
  const test::OddNetwork odd(rng, false);
  const PreparedNetwork network(odd.graph, test::random_values(rng, 8 * 8 * 3, test::Values::ordinary));
  const auto shared = static_cast<WeightId>(odd.kernels[1]), first = static_cast<WeightId>(odd.kernels[0]);
  const std::vector<Patch> patches = {added(network.graph, shared, 5, 0.1f),
                                      added(network.graph, first, 5, 0.1f),
                                      added(network.graph, shared, 6, 0.2f)};
  const FaultBlock block(network.replay_plan, patches);
  ASSERT_EQ(block.groups().size(), 1u);
  const Group& group = block.groups().front();
  ASSERT_EQ(group.packs.size(), 1u);
  EXPECT_EQ(group.packs[0].faults, test::block_indices({1}));
  ASSERT_EQ(group.multi_layer_packs.size(), 1u);
  EXPECT_EQ(group.multi_layer_packs[0].faults, test::block_indices({0, 2}));
  ASSERT_EQ(group.multi_layer_packs[0].hits.size(), 2u);
  for (const LayerFaults& hit : group.multi_layer_packs[0].hits) {
    EXPECT_TRUE(hit.lane.empty());
    ASSERT_EQ(hit.patched.size(), 2u);
    for (const auto& kernel : hit.patched) EXPECT_NE(kernel, nullptr);
  }
}

// What a pack says of the layer that it hits, against the patches.
void expect_hit_is_of(const LayerFaults& hit, const Pack& pack, const PreparedNetwork& network,
                      std::span<const Patch> patches) {
  const replay::LinearStep& linear = *network.replay_plan.steps()[hit.step].linear;
  const auto count = static_cast<int64_t>(hit.lane.size());
  const int64_t cin = linear.geometry.cin, cout = linear.geometry.cout, depth = linear.geometry.taps * cin;
  EXPECT_TRUE(std::is_sorted(hit.channel.begin(), hit.channel.end()));
  bool all_positions_affected = false;
  for (size_t h = 0; h < hit.lane.size(); ++h) {
    const Patch& patch = patches[pack.faults[static_cast<size_t>(hit.lane[h])].value];
    ASSERT_EQ(static_cast<size_t>(patch.weight), hit.step) << "layer i has the weight i";
    EXPECT_EQ((int64_t{hit.tap[h]} * cin + hit.cin[h]) * cout + hit.channel[h], patch.element);
    all_positions_affected =
        all_positions_affected || !std::isfinite(bits_float(patch.new_bits)) ||
        std::signbit(bits_float(patch.new_bits)) != std::signbit(bits_float(patch.old_bits));
    const Weight& kernel = network.graph.weights[static_cast<size_t>(patch.weight)];
    for (int64_t k = 0; k < depth; ++k) {
      const int64_t element = k * cout + hit.channel[h];
      const uint32_t expected =
          element == patch.element ? patch.new_bits : float_bits(kernel.values[static_cast<size_t>(element)]);
      const int64_t at = simd::packed_index(linear.kernel->table(), depth, count, k, static_cast<int64_t>(h));
      ASSERT_EQ(float_bits(hit.columns[static_cast<size_t>(at)]), expected);
    }
  }
  EXPECT_EQ(hit.all_positions_affected, all_positions_affected);
}

TEST(FaultBlock, HoldsEveryFaultOnceWithinTheSizesOfThePlan) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(95);
  for (const replay::PackSize size : {replay::PackSize{}, {4, 1}, {4, 3}, {1, 1}}) {
    const PreparedNetwork network = prepared(rng, {}, size);
    const replay::PackSize is = network.replay_plan.pack_size();
    std::vector<Patch> patches;
    for (int i = 0; i < 150; ++i) patches.push_back(test::random_fault(rng, network.graph, {0, 1, 2}));
    const FaultBlock block(network.replay_plan, patches);
    std::set<BlockIndex> seen;
    for (const Group& group : block.groups()) {
      EXPECT_GE(group.packs.size(), 1u);
      EXPECT_LE(group.packs.size(), is.packs);
      for (size_t i = 1; i < group.packs.size(); ++i)
        EXPECT_LE(group.packs[i - 1].hits.front().step, group.packs[i].hits.front().step);
    }
    for (const Pack* pack : packs_of(block)) {
      EXPECT_LE(pack->faults.size(), static_cast<size_t>(is.lanes));
      size_t lanes = 0;
      for (size_t lane = 0; lane < pack->faults.size(); ++lane) {
        EXPECT_TRUE(seen.insert(pack->faults[lane]).second);
        const float delta = delta_of(patches[pack->faults[lane].value]);
        EXPECT_EQ(delta > 8.0f, pack->has_large_delta);
        if (lane > 0) {
          EXPECT_LE(delta_of(patches[pack->faults[lane - 1].value]), delta);
        }
      }
      for (const LayerFaults& hit : pack->hits) {
        if (&hit != &pack->hits.front()) {
          EXPECT_LT((&hit - 1)->step, hit.step);
        }
        lanes += hit.lane.size();
        expect_hit_is_of(hit, *pack, network, patches);
      }
      EXPECT_EQ(lanes, pack->faults.size());
    }
    EXPECT_EQ(seen.size(), patches.size());
  }
}

TEST(FaultBlock, ShortcutsThatAreOffShowInThePacks) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(96);
  const auto block_without = [&](const replay::Shortcuts& shortcuts, auto look) {
    const PreparedNetwork network = prepared(rng, shortcuts);
    const std::vector<Patch> patches = {added(network.graph, 0, 0, 1e-4f), added(network.graph, 0, 1, 1e-4f)};
    const FaultBlock block(network.replay_plan, patches);
    look(packs_of(block));
  };
  block_without({}, [](const std::vector<const Pack*>& packs) {
    ASSERT_EQ(packs.size(), 1u);
    EXPECT_FALSE(packs[0]->hits[0].all_positions_affected);
    EXPECT_TRUE(packs[0]->hits[0].whole.empty());
  });
  block_without({.batch = false}, [](const std::vector<const Pack*>& packs) { EXPECT_EQ(packs.size(), 2u); });
  block_without({.zero_inputs = false}, [](const std::vector<const Pack*>& packs) {
    EXPECT_TRUE(packs[0]->hits[0].all_positions_affected);
  });
  block_without({.channel = false},
                [](const std::vector<const Pack*>& packs) { EXPECT_EQ(packs[0]->hits[0].whole.size(), 2u); });
}

}  // namespace
}  // namespace tf_injector::detail
