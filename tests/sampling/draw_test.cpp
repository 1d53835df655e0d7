// Draws without replacement: the same faults as CPython, none twice, all equally likely.
#include "sampling/draw.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <numeric>
#include <vector>

#include "core/stop.hpp"

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;

std::vector<int64_t> drawn(PythonRandom& random, int64_t population, int64_t count) {
  std::vector<int64_t> numbers;
  draw_without_replacement(
      random, population, count, [&](int64_t n) { numbers.push_back(n); }, nullptr);
  return numbers;
}

std::vector<int64_t> drawn(uint64_t seed, int64_t population, int64_t count) {
  PythonRandom random(seed);
  return drawn(random, population, count);
}

bool rises(const std::vector<int64_t>& numbers) {
  return std::adjacent_find(numbers.begin(), numbers.end(), std::greater_equal<>()) == numbers.end();
}

// random.Random(7) in CPython 3.11: sets filled by randrange(20), sorted; of more than half those not drawn.
TEST(Draw, TakesWhatCpythonDraws) {
  PythonRandom random(7);
  EXPECT_THAT(drawn(random, 20, 6), ElementsAre(1, 2, 4, 10, 12, 17));
  EXPECT_THAT(drawn(random, 20, 10), ElementsAre(1, 2, 3, 6, 7, 11, 13, 16, 17, 18));
  EXPECT_THAT(drawn(random, 20, 11), ElementsAre(0, 2, 5, 6, 8, 10, 11, 14, 15, 16, 19));
  EXPECT_THAT(drawn(random, 20, 19),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19));
  EXPECT_EQ(random.bits(32), 619570852u);  // nothing was drawn besides
}

TEST(Draw, NoNumberTwiceAndNoneOutside) {
  for (const int64_t population : {1, 2, 3, 7, 64, 1000}) {
    for (int64_t count = 0; count <= population; count += 1 + population / 50) {
      const std::vector<int64_t> numbers = drawn(11, population, count);
      ASSERT_EQ(static_cast<int64_t>(numbers.size()), count) << population;
      EXPECT_TRUE(rises(numbers)) << population << " " << count;
      if (count == 0) continue;
      EXPECT_GE(numbers.front(), 0);
      EXPECT_LT(numbers.back(), population);
    }
  }
}

TEST(Draw, LargePopulation) {
  const int64_t population = int64_t{1} << 40;
  const std::vector<int64_t> numbers = drawn(5, population, 200000);
  EXPECT_EQ(numbers.size(), 200000u);
  EXPECT_TRUE(rises(numbers));
  EXPECT_LT(numbers.front(), population / 10000);
  EXPECT_GT(numbers.back(), population - population / 10000);
}

TEST(Draw, AllOfTheStratumDrawsNothing) {
  std::vector<int64_t> all(1000);
  std::iota(all.begin(), all.end(), 0);
  PythonRandom random(3), untouched(3);
  EXPECT_EQ(drawn(random, 1000, 1000), all);
  EXPECT_EQ(random.bits(32), untouched.bits(32));
}

// Chi-square against the uniform distribution: `freedom` +- 5 standard deviations.
void expect_uniform(const std::vector<double>& counts, double freedom) {
  const double mean = std::accumulate(counts.begin(), counts.end(), 0.0) / static_cast<double>(counts.size());
  double chi = 0;
  for (const double count : counts) chi += (count - mean) * (count - mean) / mean;
  EXPECT_NEAR(chi, freedom, 5 * std::sqrt(2 * freedom));
}

// All numbers, and all sets of them, are equally likely on both sides of the half.
TEST(Draw, EverySetIsAsLikelyAsTheNext) {
  constexpr int64_t kPopulation = 7;
  constexpr int kDraws = 20000;
  for (const int64_t count : {2, 3, 4, 6}) {
    PythonRandom random(static_cast<uint64_t>(count));
    std::map<std::vector<int64_t>, double> sets;
    for (int i = 0; i < kDraws; ++i) ++sets[drawn(random, kPopulation, count)];
    std::vector<double> counts;
    for (const auto& [set, times] : sets) counts.push_back(times);
    const double ways = std::round(std::tgamma(8) / (std::tgamma(1.0 + static_cast<double>(count)) *
                                                     std::tgamma(8.0 - static_cast<double>(count))));
    ASSERT_EQ(static_cast<double>(sets.size()), ways);
    expect_uniform(counts, ways - 1);
  }
}

// Without replacement the counts of single numbers spread less, by (N - n) / (N - 1): the sum is scaled.
TEST(Draw, EveryNumberIsAsLikelyAsTheNext) {
  constexpr int64_t kPopulation = 1000;
  for (const int64_t count : {100, 700}) {
    PythonRandom random(9);
    std::vector<double> counts(kPopulation, 0.0);
    for (int i = 0; i < 500; ++i)
      for (const int64_t n : drawn(random, kPopulation, count)) ++counts[static_cast<size_t>(n)];
    const double mean = 500.0 * static_cast<double>(count) / kPopulation;
    double chi = 0;
    for (const double c : counts) chi += (c - mean) * (c - mean) / mean;
    chi /= 1 - static_cast<double>(count) / kPopulation;  // a count is binomial: variance mean (1 - n / N)
    EXPECT_NEAR(chi, kPopulation - 1, 5 * std::sqrt(2.0 * (kPopulation - 1))) << count;
  }
}

TEST(Draw, StopsWhenAsked) {
  const std::atomic<bool> stop = true;
  PythonRandom random(1);
  const auto ignore = [](int64_t) {};
  EXPECT_THROW(draw_without_replacement(random, 100, 10, ignore, &stop), Stopped);
  EXPECT_THROW(draw_without_replacement(random, 100, 100, ignore, &stop), Stopped);
}

}  // namespace
}  // namespace tf_injector::detail
