// What must hold for the mean of any population.
// (tests/oracle/test_stratified_mean.py compares its numbers with an implementation in Python.)
#include "stats/stratified_mean.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>

namespace tf_injector::detail {
namespace {

// Values of all units, by stratum; what was drawn is taken out.
struct Population {
  std::vector<std::vector<double>> values;
  std::vector<Stratum> strata;
  double mean = 0;
};

Population random_population(std::mt19937& rng, size_t strata, size_t most_units) {
  std::uniform_real_distribution<double> uniform(0, 1);
  Population population;
  double sum = 0, units = 0;
  for (size_t h = 0; h < strata; ++h) {
    const size_t size = 1 + rng() % most_units;
    const double rate = uniform(rng) < 0.5 ? 0.02 * uniform(rng) : uniform(rng);
    std::vector<double>& values = population.values.emplace_back();
    for (size_t i = 0; i < size; ++i) {
      values.push_back(uniform(rng) < rate ? uniform(rng) < 0.7 ? 1.0 : uniform(rng) : 0.0);
      sum += values.back();
    }
    std::shuffle(values.begin(), values.end(), rng);
    units += static_cast<double>(size);
    population.strata.push_back({.population = static_cast<double>(size),
                                 .mean = uniform(rng) < 0.5 ? 0.0 : uniform(rng),
                                 .variance = 0.2 * uniform(rng),
                                 .pool = h});
  }
  population.mean = sum / units;
  return population;
}

size_t drawn_stratum(std::mt19937& rng, std::span<const double> q) {
  double point = std::uniform_real_distribution<double>(0, std::accumulate(q.begin(), q.end(), 0.0))(rng);
  for (size_t h = 0; h < q.size(); ++h)
    if ((point -= q[h]) < 0) return h;
  return q.size() - 1;
}

// A round of draws as the probabilities say.
void draw_round(std::mt19937& rng, Population& population, StratifiedMean& mean, int draws) {
  for (int i = 0; i < draws; ++i) {
    const size_t h = drawn_stratum(rng, mean.probabilities());
    if (population.values[h].empty()) {
      mean.add_empty();
    } else {
      mean.add(h, population.values[h].back());
      population.values[h].pop_back();
    }
  }
}

TEST(StratifiedMean, BeginsWithNothingKnown) {
  StratifiedMean mean(std::vector<Stratum>{{.population = 10}}, {});
  mean.begin_round();
  const Interval interval = mean.look();
  EXPECT_EQ(interval.low, 0);
  EXPECT_EQ(interval.high, 1);
}

// 300 populations: outside at any look in no more than alpha of them (here, with its bets, in far fewer).
TEST(StratifiedMean, IntervalsAreNestedHoldTheMeanAndEndInIt) {
  std::mt19937 rng(1);
  int missed = 0;
  constexpr int kPopulations = 300;
  for (int i = 0; i < kPopulations; ++i) {
    SCOPED_TRACE(i);
    Population population = random_population(rng, 1 + rng() % 6, 400);
    StratifiedMean mean(population.strata, {.confidence = 0.95, .error = i % 2 == 0 ? 0.02 : 0.0});
    Interval before{.low = 0, .high = 1};
    bool is_inside = true;
    const int round = 1 + static_cast<int>(rng() % 8);
    while (!mean.is_exhausted()) {
      mean.begin_round();
      EXPECT_NEAR(std::accumulate(mean.probabilities().begin(), mean.probabilities().end(), 0.0), 1, 1e-12);
      draw_round(rng, population, mean, round);
      const Interval now = mean.look();
      if (!mean.is_exhausted())
        is_inside = is_inside && now.low <= population.mean && population.mean <= now.high;
      if (!mean.is_exhausted() && is_inside) {  // one that has missed goes after what is certain
        EXPECT_GE(now.low, before.low);
        EXPECT_LE(now.high, before.high);
      }
      EXPECT_LE(now.low, now.high);
      EXPECT_GE(mean.estimate(), now.low);
      EXPECT_LE(mean.estimate(), now.high);
      before = now;
    }
    missed += is_inside ? 0 : 1;
    EXPECT_NEAR(before.low, population.mean, 1e-12);
    EXPECT_NEAR(before.high, population.mean, 1e-12);
    EXPECT_NEAR(mean.estimate(), population.mean, 1e-12);
  }
  EXPECT_LE(missed, kPopulations * 5 / 100);
}

TEST(StratifiedMean, AllOnesAreOne) {
  for (const int units : {3, 41, 192, 288, 1000}) {
    SCOPED_TRACE(units);
    const std::array<Stratum, 1> strata = {{{.population = static_cast<double>(units)}}};
    StratifiedMean mean(strata, {.confidence = 0.99, .error = 1e-6});
    for (int i = 0; i < units; ++i) {
      mean.begin_round();
      mean.add(0, 1);
    }
    EXPECT_EQ(mean.look().low, 1);
    EXPECT_EQ(mean.look().high, 1);
    EXPECT_EQ(mean.estimate(), 1);
  }
}

// Beliefs that could not be more wrong cost draws, no validity.
TEST(StratifiedMean, WrongBeliefsDoNotMakeItWrong) {
  std::mt19937 rng(2);
  int missed = 0;
  for (int i = 0; i < 200; ++i) {
    Population population = random_population(rng, 3, 300);
    for (size_t h = 0; h < 3; ++h) population.strata[h].mean = population.values[h][0] < 0.5 ? 1 : 0;
    StratifiedMean mean(population.strata, {.confidence = 0.9, .error = 0.05});
    bool is_inside = true;
    while (!mean.is_exhausted()) {
      mean.begin_round();
      draw_round(rng, population, mean, 1);
      const Interval now = mean.look();
      is_inside = is_inside && now.low <= population.mean + 1e-12 && population.mean <= now.high + 1e-12;
    }
    missed += is_inside ? 0 : 1;
  }
  EXPECT_LE(missed, 20);
}

// The wider the confidence, the wider the interval of the same draws.
TEST(StratifiedMean, MoreConfidenceIsWider) {
  std::mt19937 rng(4);
  const std::vector<Stratum> strata{{.population = 1e6, .mean = 0.1, .variance = 0.05}};
  std::vector<double> values;
  for (int i = 0; i < 2000; ++i) values.push_back(rng() % 10 == 0 ? 1 : 0);
  double before = 0;
  for (const double confidence : {0.6, 0.9, 0.95, 0.99, 0.9999}) {
    StratifiedMean mean(strata, {.confidence = confidence});
    for (const double value : values) {
      mean.begin_round();
      mean.add(0, value);
    }
    const Interval interval = mean.look();
    EXPECT_GT(interval.high - interval.low, before);
    before = interval.high - interval.low;
  }
}

// An adversary's values: the ends cross only if one has missed; they are given in their order all the same.
TEST(StratifiedMean, EndsAreInOrderWhateverIsDrawn) {
  const std::vector<Stratum> strata{{.population = 4000, .mean = 0, .variance = 0.0005}};
  StratifiedMean mean(strata, {.confidence = 0.6});
  Interval before{.low = 0, .high = 1};
  for (int i = 0; i < 4000; ++i) {
    mean.begin_round();
    mean.add(0, i < 700 ? 0 : 1);  // 0 for long, then 1 alone: no random order
    if (i % 50 != 49) continue;
    const Interval now = mean.look();
    EXPECT_LE(now.low, now.high) << i;
    EXPECT_GE(mean.estimate(), now.low) << i;
    EXPECT_LE(mean.estimate(), now.high) << i;
    before = now;
  }
  EXPECT_NEAR(before.low, 3300.0 / 4000, 1e-12);
}

TEST(StratifiedMean, AllocatesWhereValuesDiffer) {
  const std::vector<Stratum> strata{{.population = 1e6, .mean = 0.4, .variance = 0.2, .pool = 0},
                                    {.population = 31e6, .mean = 0, .variance = 0.0005, .pool = 1}};
  StratifiedMean mean(strata, {.confidence = 0.99, .error = 0.002});
  mean.begin_round();
  EXPECT_GT(mean.probabilities()[0], 3.0 / 32);  // of 1/32 of the units
  EXPECT_GT(mean.probabilities()[1], 0.3);       // but none is left out
}

}  // namespace
}  // namespace tf_injector::detail
