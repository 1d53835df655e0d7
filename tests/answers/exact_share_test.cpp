// Intervals of shares against SciPy's (tools/share_facts.py), and what must hold for all of them.
#include "answers/exact_share.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <random>
#include <sstream>
#include <string>
#include <vector>

namespace tf_injector::detail {
namespace {

constexpr double kTolerance = 1e-10;

TEST(ExactShare, IsSciPys) {
  std::ifstream file(TFI_TEST_DIR "/answers/exact_share_facts.csv");
  std::string line;
  std::getline(file, line);
  int facts = 0;
  for (; std::getline(file, line); ++facts) {
    std::vector<double> numbers;
    std::stringstream words(line);
    for (std::string word; std::getline(words, word, ',');) numbers.push_back(std::stod(word));
    ASSERT_EQ(numbers.size(), 6U);
    const auto population = static_cast<int64_t>(numbers[2]);
    const Interval interval =
        exact_share_interval(static_cast<int64_t>(numbers[0]), static_cast<int64_t>(numbers[1]),
                             population == 0 ? std::nullopt : std::optional(population), numbers[3]);
    EXPECT_NEAR(interval.low, numbers[4], kTolerance) << line;
    EXPECT_NEAR(interval.high, numbers[5], kTolerance) << line;
  }
  EXPECT_GT(facts, 150);
}

TEST(ExactShare, NothingDrawnIsNothingKnown) {
  const Interval interval = exact_share_interval(0, 0, std::nullopt, 0.99);
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 1);
}

TEST(ExactShare, NoHitLeavesRoomAboveAndAllHitsBelow) {
  for (const std::optional<int64_t> population : {std::optional<int64_t>{}, std::optional<int64_t>{1000}}) {
    const Interval none = exact_share_interval(0, 100, population, 0.95),
                   all = exact_share_interval(100, 100, population, 0.95);
    EXPECT_EQ(none.low, 0);
    EXPECT_GT(none.high, 0.02);
    EXPECT_EQ(all.high, 1);
    EXPECT_LT(all.low, 0.98);
    EXPECT_NEAR(none.high, 1 - all.low, 1e-14);
  }
}

TEST(ExactShare, AllDrawnIsTheShareItself) {
  for (const int64_t hits : {0, 1, 17, 49, 50}) {
    const Interval interval = exact_share_interval(hits, 50, 50, 0.99);
    EXPECT_EQ(interval.low, static_cast<double>(hits) / 50);
    EXPECT_EQ(interval.high, static_cast<double>(hits) / 50);
  }
}

// Of 6 units of which 3 are marked, 3 drawn ones have no mark in 1 of 20 cases, as many as 90 % may leave out
// on a side.
TEST(ExactShare, EndsAtAShareThatIsJustAsLikelyAsTheTail) {
  EXPECT_EQ(exact_share_interval(0, 3, 6, 0.9).high, 0.5);
  EXPECT_EQ(exact_share_interval(3, 3, 6, 0.9).low, 0.5);
}

// More hits: both ends rise. More confidence: wider. A known population: never wider than without.
TEST(ExactShare, IsMonotone) {
  std::mt19937 rng(3);
  for (int i = 0; i < 300; ++i) {
    const int64_t drawn = 1 + static_cast<int64_t>(rng() % 400),
                  hits = static_cast<int64_t>(rng() % static_cast<uint64_t>(drawn)),
                  population = drawn + static_cast<int64_t>(rng() % 600);
    const double confidence = 0.6 + 0.39 * static_cast<double>(rng()) / 0x1p32;
    SCOPED_TRACE(testing::Message() << hits << " of " << drawn << " of " << population << " at "
                                    << confidence);
    for (const std::optional<int64_t> all : {std::optional<int64_t>{}, std::optional(population)}) {
      const Interval interval = exact_share_interval(hits, drawn, all, confidence),
                     more_hits = exact_share_interval(hits + 1, drawn, all, confidence),
                     surer = exact_share_interval(hits, drawn, all, confidence + 0.005);
      EXPECT_LE(interval.low, static_cast<double>(hits) / static_cast<double>(drawn));
      EXPECT_GE(interval.high, static_cast<double>(hits) / static_cast<double>(drawn));
      EXPECT_LE(interval.low, more_hits.low);
      EXPECT_LE(interval.high, more_hits.high);
      EXPECT_LE(surer.low, interval.low);
      EXPECT_GE(surer.high, interval.high);
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
