// Faults carried from a segment to the next: those that are still alive come through packing anew with the
// values that they had, in their order.
#include "replay/repack.hpp"

#include <bit>
#include <limits>
#include <map>

#include "replay/prepared_network.hpp"
#include "support/block_indices.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::CarriedPack;
using replay::LaneChange;
using replay::LaneMask;
using replay::PackedActivations;
using replay::Repacker;
using test::PreparedNetwork;

constexpr int kValue = 1;  // of the first layer: what segment 0 hands on
constexpr size_t kNext = 1;
constexpr int64_t kSide = 4, kPositions = kSide * kSide, kChannels = 6;

PreparedNetwork prepared(std::mt19937& rng) {
  return {test::convolutions(rng, kSide, {kChannels, 3}),
          test::random_values(rng, kPositions * 3, test::Values::ordinary)};
}

// Makes packs of faults, and remembers what each fault has.
struct Packs {
  const PreparedNetwork& network;
  std::mt19937& rng;
  PackedActivations values{network.replay_plan, network.golden};
  Repacker repacker{network.replay_plan, network.golden, values};
  std::map<BlockIndex, std::vector<float>> expected;  // of faults that are alive
  std::vector<BlockIndex> order;                      // of those
  size_t next_fault = 0;

  Packs(const PreparedNetwork& prepared_network, std::mt19937& random)
      : network(prepared_network), rng(random) {}
  // `alive`: of the pack's lanes, which.
  CarriedPack make(int lanes, LaneMask alive, bool has_large_delta = false) {
    CarriedPack pack{
        .faults = {}, .has_large_delta = has_large_delta, .pending = {}, .segment = kNext, .buffer = {}};
    values.reset(lanes);
    values.begin(kValue);
    for (int lane = 0; lane < lanes; ++lane) {
      pack.faults.emplace_back(next_fault++);
      if ((alive >> lane & 1) == 0) continue;
      order.push_back(pack.faults.back());
      const float* golden = network.golden.value(kValue);
      std::vector<float>& dense = expected[pack.faults.back()];
      dense.assign(golden, golden + kPositions * kChannels);
      for (auto left = 1 + rng() % 20; left > 0; --left) {
        const auto element = static_cast<int64_t>(rng() % (kPositions * kChannels));
        const float value = any_value();
        dense[static_cast<size_t>(element)] = value;
        std::vector<LaneChange> changes = {{static_cast<int32_t>(element % kChannels), lane, value}};
        values.merge(kValue, element / kChannels, changes);
      }
    }
    pack.changed_lanes = values.changed_lanes(kValue);
    pack.buffer = values.exchange(kValue, repacker.take(kValue));
    return pack;
  }
  float any_value() {
    constexpr float kSome[] = {0.0f, -0.0f, HUGE_VALF, std::numeric_limits<float>::quiet_NaN(), 1e38f};
    return rng() % 3 == 0 ? kSome[rng() % std::size(kSome)] : std::normal_distribution<float>()(rng);
  }
  // All that is alive in these packs is as it was, every fault once.
  void expect_all_in(std::vector<CarriedPack>& packs) {
    std::vector<BlockIndex> found;
    std::vector<float> pixel(kChannels);
    for (CarriedPack& pack : packs) {
      values.reset(static_cast<int32_t>(pack.faults.size()));
      repacker.give_back(kValue, values.exchange(kValue, std::move(pack.buffer)));
      values.put(kValue, pack.changed_lanes);
      for (LaneMask left = pack.changed_lanes; left != 0; left &= left - 1) {
        const int lane = std::countr_zero(left);
        const BlockIndex fault = pack.faults.at(static_cast<size_t>(lane));
        found.push_back(fault);
        for (int64_t p = 0; p < kPositions; ++p) {
          values.read(kValue, p, lane, pixel.data());
          ASSERT_TRUE(test::same_bits({expected.at(fault).data() + p * kChannels, kChannels}, pixel))
              << "fault " << fault.value << ", position " << p;
        }
      }
    }
    EXPECT_EQ(found, order);
  }
};

LaneMask random_lanes(std::mt19937& rng, int lanes, int percent) {
  LaneMask mask = 0;
  for (int lane = 0; lane < lanes; ++lane)
    if (static_cast<int>(rng() % 100) < percent) mask |= LaneMask{1} << lane;
  return mask;
}

TEST(Repack, KeepsEveryFaultThatIsAlive) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(81);
  const PreparedNetwork network = prepared(rng);
  const int width = network.replay_plan.table().width();
  for (int round = 0; round < 25; ++round) {
    Packs of(network, rng);
    std::vector<CarriedPack> packs;
    const int percent = 5 + static_cast<int>(rng() % 50);
    int alive = 0;
    for (int i = 0; i < 4; ++i) {
      packs.push_back(of.make(width, random_lanes(rng, width, percent)));
      alive += std::popcount(packs.back().changed_lanes);
    }
    std::vector<CarriedPack> packed = of.repacker.repack(kNext, std::move(packs));
    if (alive * 8 <= 4 * width * 5) {
      EXPECT_EQ(static_cast<int>(packed.size()), (alive + width - 1) / width);
    }
    for (const CarriedPack& pack : packed) {
      EXPECT_EQ(pack.segment, kNext);
      EXPECT_LE(static_cast<int>(pack.faults.size()), width);
    }
    of.expect_all_in(packed);
  }
}

// Three packs with a fault alive in each are one.
TEST(Repack, PutsTheSurvivorsOfSeveralPacksIntoOne) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(82);
  const PreparedNetwork network = prepared(rng);
  Packs of(network, rng);
  std::vector<CarriedPack> packs;
  for (const LaneMask alive : {0b1000u, 0b0001u, 0b0100u}) packs.push_back(of.make(4, alive));
  std::vector<CarriedPack> packed = of.repacker.repack(kNext, std::move(packs));
  ASSERT_EQ(packed.size(), 1u);
  EXPECT_EQ(packed[0].faults, test::block_indices({3, 4, 10}));
  EXPECT_EQ(packed[0].changed_lanes, 0b111u);
  EXPECT_EQ(of.repacker.counters().packs_saved, 2);
  of.expect_all_in(packed);
}

TEST(Repack, LeavesPacksAsTheyAreWhereThatSavesNothing) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(83);
  const PreparedNetwork network = prepared(rng);
  const int width = network.replay_plan.table().width();
  const LaneMask all = ~LaneMask{0} >> (64 - width);
  Packs of(network, rng);
  std::vector<CarriedPack> packs;
  packs.push_back(of.make(width, all));
  packs.push_back(of.make(width, all));
  packs.push_back(of.make(width, 1));
  std::vector<CarriedPack> packed = of.repacker.repack(kNext, std::move(packs));
  ASSERT_EQ(packed.size(), 3u);
  EXPECT_EQ(packed[2].faults.size(), static_cast<size_t>(width)) << "also those that have ended";
  EXPECT_EQ(of.repacker.counters().packs_saved, 0);
  of.expect_all_in(packed);
}

// Packs of large changes stay among themselves, packs of which some fault is still to come wait, and so do
// those that go on elsewhere.
TEST(Repack, MixesOnlyPacksOfAKind) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(84);
  const PreparedNetwork network = prepared(rng);
  Packs of(network, rng);
  const std::vector<replay::LayerFaults> later(1);
  std::vector<CarriedPack> packs;
  packs.push_back(of.make(4, 0b0001));  // faults 0..3
  packs.push_back(of.make(4, 0b0010));  // 4..7: of which some is still to come
  packs.back().pending = later;
  packs.push_back(of.make(4, 0b0100, true));  // 8..11, large
  packs.push_back(of.make(4, 0b1000));        // 12..15
  packs.push_back(of.make(4, 0b0001));        // 16..19: goes on with a later segment
  packs.back().segment = kNext + 1;
  packs.push_back(of.make(4, 0b0010, true));  // 20..23, large
  std::vector<CarriedPack> packed = of.repacker.repack(kNext, std::move(packs));
  std::vector<std::vector<BlockIndex>> faults;
  for (const CarriedPack& pack : packed) faults.push_back(pack.faults);
  std::sort(faults.begin(), faults.end());
  EXPECT_EQ(faults, (std::vector{test::block_indices({0, 15}), test::block_indices({4, 5, 6, 7}),
                                 test::block_indices({10, 21}), test::block_indices({16, 17, 18, 19})}));
  for (const CarriedPack& pack : packed) {
    EXPECT_EQ(pack.has_large_delta, pack.faults.front() == BlockIndex(10));
    EXPECT_EQ(pack.segment, pack.faults.front() == BlockIndex(16) ? kNext + 1 : kNext);
    EXPECT_EQ(pack.pending.size(), pack.faults.front() == BlockIndex(4) ? 1u : 0u);
  }
}

// Nothing alive is left: no pack is.
TEST(Repack, DropsPacksOfFaultsThatHaveEnded) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(85);
  const PreparedNetwork network = prepared(rng);
  Packs of(network, rng);
  std::vector<CarriedPack> packs;
  packs.push_back(of.make(4, 0));
  packs.push_back(of.make(4, 0));
  EXPECT_TRUE(of.repacker.repack(kNext, std::move(packs)).empty());
}

TEST(Repack, WithoutTheShortcutPacksStayAsTheyAre) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(86);
  const PreparedNetwork network{test::convolutions(rng, kSide, {kChannels, 3}),
                                test::random_values(rng, kPositions * 3, test::Values::ordinary),
                                {.repack = false}};
  Packs of(network, rng);
  std::vector<CarriedPack> packs;
  packs.push_back(of.make(4, 1));
  packs.push_back(of.make(4, 1));
  std::vector<CarriedPack> packed = of.repacker.repack(kNext, std::move(packs));
  EXPECT_EQ(packed.size(), 2u);
  of.expect_all_in(packed);
}

// When buffers outside take more than they may, the next one is made of another slot's: it gets the sizes of
// its own.
TEST(Repack, ABufferOfAnotherSlotGetsTheSizesOfItsOwn) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(72);
  test::RandomGraph network{rng, {}, {}};
  NodeId h = network.graph.add_input("in", "in", {12, 12, 3});
  for (int64_t layer = 0, cin = 3; layer < 3; ++layer, cin = 4) {
    ops::Conv2D op{.kernel_size = {3, 3}, .strides = {2, 2}, .filters = 4, .padding = ops::Padding::same};
    op.kernel = network.weight({3, 3, cin, 4}, 0.3f);
    h = network.graph.add("conv", op, {h});
  }
  network.graph.outputs = {network.graph.add("mean", ops::GlobalAveragePool{}, {h})};
  network.graph.output_names = {"mean"};
  const Plan plan = Plan::compile(network.graph, {});
  const replay::ReplayPlan replay_plan(plan);
  const replay::GoldenActivations golden(replay_plan);
  replay::PackedActivations values(replay_plan, golden);
  const auto& slots = replay_plan.sizes().slots;
  std::vector<int> value_of(slots.size(), -1);
  for (size_t v = 0; v < replay_plan.values().size(); ++v) {
    if (const int slot = replay_plan.values()[v].slot; slot >= 0)
      value_of[static_cast<size_t>(slot)] = static_cast<int>(v);
  }
  int compared = 0;
  for (size_t from = 0; from < slots.size(); ++from) {
    for (size_t to = 0; to < slots.size(); ++to) {
      if (from == to || value_of[from] < 0 || value_of[to] < 0) continue;
      replay::Repacker repacker(replay_plan, golden, values);
      std::vector<replay::SparsePixelBuffer> taken;
      for (size_t bytes = 0; bytes <= replay::most_outside_bytes(replay_plan.sizes());
           bytes += replay::pixel_buffer_bytes(slots[from]))
        taken.push_back(repacker.take(value_of[from]));
      for (replay::SparsePixelBuffer& buffer : taken) repacker.give_back(value_of[from], std::move(buffer));
      const replay::SparsePixelBuffer got = repacker.take(value_of[to]),
                                      own = values.make_buffer(value_of[to]);
      EXPECT_EQ(got.changed_lanes.size(), own.changed_lanes.size());
      EXPECT_EQ(got.places.size(), own.places.size());
      EXPECT_EQ(got.most.values, own.most.values);
      ++compared;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace tf_injector::detail
