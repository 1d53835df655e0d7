#include "session/done_pairs.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace tf_injector::detail {
namespace {

constexpr size_t kFaults = 9;
constexpr int64_t kImages = 14;

// Areas that do not overlap, and which pairs they are.
struct RandomPairs {
  DonePairs done;
  std::vector<std::vector<bool>> is_done;

  explicit RandomPairs(std::mt19937& rng)
      : is_done(kFaults, std::vector<bool>(static_cast<size_t>(kImages))) {
    for (int attempt = 0; attempt < 40; ++attempt) {
      const uint64_t first = rng() % kFaults, faults = 1 + rng() % (kFaults - first);
      const auto first_image = static_cast<int64_t>(rng() % kImages);
      const PairArea area{first, faults, first_image,
                          1 + static_cast<int64_t>(rng() % static_cast<uint64_t>(kImages - first_image))};
      if (!mark(area, false)) continue;
      mark(area, true);
      done.add(area);
    }
  }
  // False if a pair of the area is done already.
  bool mark(const PairArea& area, bool write) {
    bool is_free = true;
    for (uint64_t f = area.first; f < area.first + area.faults; ++f) {
      for (int64_t i = area.first_image; i < area.first_image + area.images; ++i) {
        is_free = is_free && !is_done[f][static_cast<size_t>(i)];
        if (write) is_done[f][static_cast<size_t>(i)] = true;
      }
    }
    return is_free;
  }
};

TEST(DonePairs, WhatIsDoneAndWhatIsMissingAreAllPairsOnce) {
  std::mt19937 rng(1);
  for (int round = 0; round < 200; ++round) {
    RandomPairs pairs(rng);
    if (round % 2 == 0) pairs.done.merge();
    int64_t done = 0;
    for (size_t f = 0; f < kFaults; ++f) {
      for (int64_t i = 0; i < kImages; ++i) {
        const bool is_done = pairs.is_done[f][static_cast<size_t>(i)];
        EXPECT_EQ(pairs.done.has(BlockIndex(f), i), is_done);
        done += is_done ? 1 : 0;
      }
    }
    EXPECT_EQ(pairs.done.pairs(), done);
    for (const PairArea& area : pairs.done.missing(kFaults, kImages)) {
      EXPECT_GT(area.pairs(), 0);
      EXPECT_TRUE(pairs.mark(area, true)) << "twice, or done";
    }
    for (const std::vector<bool>& images : pairs.is_done)
      EXPECT_EQ(std::count(images.begin(), images.end(), true), kImages);
  }
}

TEST(DonePairs, NeighboursOfTheSameFaultsBecomeOne) {
  DonePairs done;
  for (const int64_t image : {6, 2, 0, 4}) done.add({3, 5, image, 2});
  done.add({0, 3, 2, 1});
  done.merge();
  EXPECT_EQ(done.areas(), (std::vector<PairArea>{{0, 3, 2, 1}, {3, 5, 0, 8}}));
  EXPECT_EQ(done.missing(8, 8), (std::vector<PairArea>{{0, 3, 0, 2}, {0, 3, 3, 5}}));
  EXPECT_EQ(DonePairs().missing(8, 5), (std::vector<PairArea>{{0, 8, 0, 5}}));
}

TEST(DonePairs, FaultsWithTheSameImagesMissingStayTogether) {
  DonePairs done;
  done.add({0, 4, 0, 6});
  done.add({4, 4, 0, 6});
  EXPECT_EQ(done.missing(8, 10), (std::vector<PairArea>{{0, 8, 6, 4}}));
  EXPECT_EQ(done.images(8), (std::vector<bool>{true, true, true, true, true, true, false, false}));
}

}  // namespace
}  // namespace tf_injector::detail
