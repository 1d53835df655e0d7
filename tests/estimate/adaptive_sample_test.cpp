// Which units are drawn, and what is known after them, without any network.
#include "estimate/adaptive_sample.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace tf_injector::detail {
namespace {

TEST(UnitShuffle, GivesEachUnitOnce) {
  for (const int64_t size : {1, 2, 3, 10, 257, 5000}) {
    PythonRandom random(static_cast<uint64_t>(size));
    UnitShuffle shuffle(size);
    std::set<int64_t> given;
    while (shuffle.left() > 0) given.insert(shuffle.next(random));
    ASSERT_EQ(static_cast<int64_t>(given.size()), size);
    EXPECT_EQ(*given.begin(), 0);
    EXPECT_EQ(*given.rbegin(), size - 1);
  }
}

// Chi-square over the 24 orders of four units, and over what comes third of seven.
TEST(UnitShuffle, EveryOrderIsAsLikely) {
  PythonRandom random(1);
  std::map<std::vector<int64_t>, int> orders;
  std::map<int64_t, int> thirds;
  constexpr int kShuffles = 24'000;
  for (int i = 0; i < kShuffles; ++i) {
    UnitShuffle four(4), seven(7);
    std::vector<int64_t> order;
    while (four.left() > 0) order.push_back(four.next(random));
    ++orders[order];
    for (int k = 0; k < 2; ++k) static_cast<void>(seven.next(random));
    ++thirds[seven.next(random)];
  }
  const auto chi_square = [&](const auto& counts) {
    const double expected = kShuffles / static_cast<double>(counts.size());
    double sum = 0;
    for (const auto& [what, count] : counts) sum += (count - expected) * (count - expected) / expected;
    return sum;
  };
  ASSERT_EQ(orders.size(), 24U);
  EXPECT_LT(chi_square(orders), 49.7);  // 0.1 % of 23 degrees of freedom
  ASSERT_EQ(thirds.size(), 7U);
  EXPECT_LT(chi_square(thirds), 22.5);  // of 6
}

// Few of very many: memory for what was moved alone.
TEST(UnitShuffle, TakesHugePopulations) {
  constexpr int64_t kSize = int64_t{1} << 50;
  PythonRandom random(1);
  UnitShuffle shuffle(kSize);
  std::set<int64_t> given;
  for (int i = 0; i < 1000; ++i) given.insert(shuffle.next(random));
  EXPECT_EQ(given.size(), 1000U);
  EXPECT_GT(*given.rbegin(), kSize / 2);
  EXPECT_LT(*given.begin(), kSize / 2);
}

double value_of(const Draw& draw) {
  return (draw.unit * 7 + static_cast<int64_t>(draw.stratum)) % 10 == 0 ? 1 : 0;
}

std::vector<double> values_of(std::span<const Draw> draws) {
  std::vector<double> values;
  for (const Draw& draw : draws) values.push_back(value_of(draw));
  return values;
}

std::vector<Stratum> strata(std::initializer_list<double> sizes) {
  std::vector<Stratum> all;
  for (const double size : sizes)
    all.push_back({.population = size, .mean = 0.1, .variance = 0.1, .pool = all.size()});
  return all;
}

TEST(AdaptiveSample, DrawsTheSameFromTheSameSeed) {
  const auto draws_of = [](uint64_t seed) {
    AdaptiveSample sample(strata({100'000, 5'000, 400'000}), {.confidence = 0.9, .error = 0.01}, seed);
    std::vector<std::pair<size_t, int64_t>> draws;
    for (int round = 0; round < 8; ++round) {
      const std::span<const Draw> now = sample.next_round();
      for (const Draw& draw : now) draws.emplace_back(draw.stratum, draw.unit);
      sample.take(values_of(now));
    }
    return draws;
  };
  EXPECT_EQ(draws_of(1), draws_of(1));
  EXPECT_NE(draws_of(1), draws_of(2));
}

TEST(AdaptiveSample, RoundsAreAThousandthOfThePopulationAndAtMost250) {
  for (const auto& [size, round] : {std::pair{100.0, 1U}, {5'000.0, 5U}, {249'999.0, 249U}, {1e9, 250U}}) {
    AdaptiveSample sample(strata({size}), {.confidence = 0.9, .error = 0.01}, 1);
    EXPECT_EQ(sample.next_round().size(), round) << size;
  }
}

// A stratum of one unit becomes empty soon, and is drawn again within a round.
TEST(AdaptiveSample, APopulationThatIsExhaustedHasItsMean) {
  const std::vector<Stratum> all = strata({1, 2, 3000, 40});
  AdaptiveSample sample(all, {.confidence = 0.99, .error = 1e-6}, 3);
  std::set<std::pair<size_t, int64_t>> seen;
  double sum = 0;
  while (!sample.is_exhausted()) {
    const std::span<const Draw> draws = sample.next_round();
    for (const Draw& draw : draws) {
      EXPECT_TRUE(seen.emplace(draw.stratum, draw.unit).second);
      EXPECT_LT(static_cast<double>(draw.unit), all[draw.stratum].population);
      sum += value_of(draw);
    }
    sample.take(values_of(draws));
  }
  EXPECT_EQ(seen.size(), 3043U);
  EXPECT_TRUE(sample.is_narrow_enough());
  EXPECT_NEAR(sample.interval().low, sum / 3043, 1e-12);
  EXPECT_NEAR(sample.interval().high, sum / 3043, 1e-12);
  EXPECT_NEAR(sample.estimate(), sum / 3043, 1e-12);
  EXPECT_TRUE(sample.next_round().empty());
  for (size_t h = 0; h < all.size(); ++h) EXPECT_EQ(static_cast<double>(sample.draws(h)), all[h].population);
}

TEST(AdaptiveSample, StopsWhereTheIntervalIsNarrowEnough) {
  AdaptiveSample sample(strata({1e7, 1e7}), {.confidence = 0.95, .error = 0.02}, 5);
  while (!sample.is_narrow_enough()) {
    const std::span<const Draw> draws = sample.next_round();
    sample.take(values_of(draws));
    ASSERT_LT(sample.draws(), 100'000);
  }
  EXPECT_LE(sample.interval().high - sample.interval().low, 0.04);
  EXPECT_LE(sample.interval().low, 0.1);
  EXPECT_GE(sample.interval().high, 0.1);
  EXPECT_NEAR(sample.needed_draws(), static_cast<double>(sample.draws()),
              0.5 * static_cast<double>(sample.draws()));
}

}  // namespace
}  // namespace tf_injector::detail
