// In which order a self-check takes faults and images, and which rows are kept for it.
#include "session/check/check_order.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "core/bits.hpp"
#include "session/check/kept_rows.hpp"
#include "support/block_indices.hpp"

namespace tf_injector::detail {
namespace {

std::vector<Patch> random_patches(std::mt19937& rng, size_t count, WeightId layers) {
  std::vector<Patch> patches;
  for (size_t i = 0; i < count; ++i) {
    const float value = std::uniform_real_distribution<float>(-1.0f, 1.0f)(rng);
    patches.push_back({.weight = static_cast<WeightId>(rng() % static_cast<unsigned>(layers)),
                       .element = static_cast<int64_t>(i),
                       .old_bits = float_bits(value),
                       .new_bits = float_bits(flip_bit(value, static_cast<int>(rng() % 32)))});
  }
  return patches;
}

TEST(CheckOrder, EveryFaultOnceAndTheSameForOneSeed) {
  std::mt19937 rng(1);
  for (const size_t count : {0U, 1U, 2U, 7U, 300U}) {
    const std::vector<Patch> patches = random_patches(rng, count, 5);
    std::vector<BlockIndex> order = check_order(patches, 9);
    EXPECT_EQ(order, check_order(patches, 9));
    std::sort(order.begin(), order.end());
    for (uint32_t i = 0; i < count; ++i) EXPECT_EQ(order[i], BlockIndex(i));
    EXPECT_EQ(order.size(), count);
  }
}

TEST(CheckOrder, TheFirstAreOfAllLayersAndKindsOfBits) {
  std::mt19937 rng(2);
  const std::vector<Patch> patches = random_patches(rng, 2000, 10);
  const std::vector<BlockIndex> order = check_order(patches, 3);
  std::map<std::pair<WeightId, bool>, int> of;  // layer and is it an exponent or sign bit
  for (size_t i = 0; i < 60; ++i) {
    const Patch& patch = patches[order[i].value];
    ++of[{patch.weight, (patch.old_bits ^ patch.new_bits) >= (1U << 23)}];
  }
  EXPECT_EQ(of.size(), 20U);  // 60 strata: each has its turn before one has its second
  for (const auto& [key, count] : of) EXPECT_EQ(count, key.second ? 4 : 2);
}

TEST(SpreadOrder, EveryPlaceOnceAndEveryBeginningSpread) {
  for (const int64_t count : {1, 2, 3, 4, 6, 11, 256, 1000, 10000}) {
    for (const uint64_t seed : {0U, 1U, 12345U}) {
      const SpreadOrder order(count, seed);
      std::set<int64_t> places;
      for (int64_t i = 0; i < count; ++i) places.insert(order[i]);
      EXPECT_EQ(static_cast<int64_t>(places.size()), count);
      EXPECT_EQ(*places.begin(), 0);
      EXPECT_EQ(*places.rbegin(), count - 1);
    }
  }
  const SpreadOrder order(1000, 77);
  std::set<int64_t> tenths;
  for (int64_t i = 0; i < 16; ++i) tenths.insert(order[i] / 100);
  EXPECT_EQ(tenths.size(), 10U);
}

TEST(KeptRows, KeepsWhatCameAndSaysWhatDidNot) {
  KeptRows kept(5, 2);
  const std::vector<BlockIndex> order = test::block_indices({2, 0, 1});
  kept.begin(order, [](int64_t i) { return i + 3; });
  ASSERT_EQ(kept.faults(), 3U);
  ASSERT_EQ(kept.images(), 5);
  const std::vector<float> row{1.0f, -2.0f};
  kept.take(BlockIndex(0), 1, row, {.images = 1, .top_1_correct = 1, .top_1_robust = 1});
  kept.take(BlockIndex(2), 3, row, {.images = 1});
  kept.take(BlockIndex(2), 3, row, {.images = 1});
  EXPECT_EQ(kept.image(1, 2), 1);  // from 4 on: 4, 0, 1
  EXPECT_TRUE(kept.was_given(1, 2));
  EXPECT_FALSE(kept.was_given_twice(1, 2));
  EXPECT_FALSE(kept.is_critical(1, 2));
  EXPECT_EQ(kept.row(1, 2)[1], -2.0f);
  EXPECT_FALSE(kept.was_given(1, 1));
  EXPECT_TRUE(kept.was_given_twice(0, 0));
  EXPECT_TRUE(kept.is_critical(0, 0));
  Tally counts;
  ASSERT_TRUE(kept.counts(1, 1, counts));
  EXPECT_EQ(counts, (Tally{.images = 1, .top_1_correct = 1, .top_1_robust = 1}));
  EXPECT_FALSE(kept.counts(1, 0, counts));
  kept.begin(order, [](int64_t) { return 0; });  // another block
  EXPECT_FALSE(kept.was_given(0, 3));
}

TEST(KeptRows, MemoryIsBounded) {
  KeptRows kept(10000, 1000);
  std::vector<BlockIndex> order;
  for (size_t i = 0; i < 5000; ++i) order.emplace_back(i);
  kept.begin(order, [](int64_t i) { return i; });
  EXPECT_GT(kept.faults(), 100U);
  EXPECT_LE(kept.faults() * static_cast<size_t>(kept.images()) * 1000 * sizeof(float), size_t{2} << 20);
  EXPECT_EQ(kept.counted_faults(), 26U);
  EXPECT_LE(KeptRows::bytes(5000, 10000, 1000), uint64_t{5} << 19);
  EXPECT_EQ(KeptRows::bytes(2, 3, 4), 2U * 3 * 17 + 6);
}

}  // namespace
}  // namespace tf_injector::detail
