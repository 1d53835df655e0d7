#include "stats/sample_ratio.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace tf_injector::detail {
namespace {

constexpr int kUnits = 4000;

struct Unit {
  size_t pool;
  double part, rest;
};

// A tenth of the units harms: of these, a pool that only chance tells from the other, one in eight is of the
// part.
std::vector<Unit> population() {
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform;
  std::vector<Unit> units;
  for (int i = 0; i < kUnits; ++i) {
    const size_t pool = i % 8 == 0 ? 1 : 0;
    const double harm = uniform(random) < 0.1 ? uniform(random) : 0.0;
    units.push_back({pool, pool == 1 ? harm : 0, pool == 1 ? 0 : harm});
  }
  return units;
}

double truth_of(const std::vector<Unit>& units) {
  double part = 0, all = 0;
  for (const Unit& unit : units) {
    part += unit.part;
    all += unit.part + unit.rest;
  }
  return part / all;
}

std::array<RatioPool, 2> pools() {
  return {{{.population = kUnits * 7 / 8, .part = Belief(0, 0)},
           {.population = kUnits / 8, .rest = Belief(0, 0)}}};
}

Interval interval_of(std::vector<Unit> units, int drawn, double confidence, std::mt19937& random) {
  std::shuffle(units.begin(), units.end(), random);
  const auto all = pools();
  SampleRatio ratio(all, confidence, drawn);
  for (int i = 0; i < drawn; ++i) {
    const Unit& unit = units[static_cast<size_t>(i)];
    const double left = static_cast<double>(kUnits - i) / kUnits;
    ratio.add(unit.pool, unit.part, unit.rest, left, left);
  }
  return ratio.interval();
}

TEST(SampleRatio, TheIntervalHoldsTheRatioAsOftenAsStated) {
  const std::vector<Unit> units = population();
  const double truth = truth_of(units);
  for (const double confidence : {0.8, 0.95}) {
    constexpr int kRepeats = 300;
    std::mt19937 random(7);
    int misses = 0;
    double width = 0;
    for (int i = 0; i < kRepeats; ++i) {
      const auto [low, high] = interval_of(units, 1000, confidence, random);
      EXPECT_LE(low, high);
      misses += truth < low || truth > high ? 1 : 0;
      width += (high - low) / kRepeats;
    }
    const double expected = (1 - confidence) * kRepeats;
    EXPECT_LE(misses, expected + 3 * std::sqrt(expected * confidence)) << confidence;
    EXPECT_LT(width, 0.25) << confidence;
  }
}

TEST(SampleRatio, AllUnitsGiveTheRatioItself) {
  const std::vector<Unit> units = population();
  std::mt19937 random(1);
  const auto [low, high] = interval_of(units, kUnits, 0.99, random);
  EXPECT_DOUBLE_EQ(low, high);
  EXPECT_NEAR(low, truth_of(units), 1e-12);
}

// Nothing of the part was seen: it may be little, and it may be none.
TEST(SampleRatio, APartWithoutHarmIsBounded) {
  const std::array<RatioPool, 2> all = {{{.population = 9e6, .part = Belief(0, 0), .rest = Belief(0.1, 0.1)},
                                         {.population = 1e6, .part = Belief(0, 0), .rest = Belief(0, 0)}}};
  SampleRatio ratio(all, 0.99, 5000);
  for (int i = 0; i < 5000; ++i) {
    const size_t pool = i % 10 == 0 ? 1 : 0;
    ratio.add(pool, 0, pool == 0 && i % 3 == 0 ? 1 : 0, 1, 1);
  }
  const auto [low, high] = ratio.interval();
  EXPECT_LT(low, 1e-8);
  EXPECT_GT(high, 0.0005);
  EXPECT_LT(high, 0.01);
}

TEST(SampleRatio, WithoutHarmNothingIsKnown) {
  const auto all = pools();
  SampleRatio ratio(all, 0.99, 500);
  for (int i = 0; i < 500; ++i) ratio.add(i % 8 == 0 ? 1 : 0, 0, 0, 1, 1);
  const auto [low, high] = ratio.interval();
  EXPECT_LT(low, 1e-6);
  EXPECT_GT(high, 1 - 1e-6);
}

// Half of the population cannot be drawn: all of the harm that the sample has not shown may be there.
TEST(SampleRatio, UnitsOutOfReachMayBeAnything) {
  const std::array<RatioPool, 2> all = {{{.population = 500}, {.population = 500}}};
  SampleRatio ratio(all, 0.99, 400);
  ratio.lose(1, 500);
  for (int i = 0; i < 400; ++i) {
    const double left = static_cast<double>(500 - i) / 1000;
    ratio.add(0, i % 2 == 0 ? 0.2 : 0, i % 2 == 0 ? 0 : 0.2, left, left);
  }
  const auto [low, high] = ratio.interval();
  EXPECT_LE(low, 50.0 / 600);
  EXPECT_GE(high, 550.0 / 600);
}

// A twentieth of a large population cannot be drawn, and may be all of one kind.
TEST(SampleRatio, FewUnitsOutOfReachCountAsTheWorst) {
  constexpr double kReach = 95e4, kLost = 5e4;
  const std::array<RatioPool, 2> all = {{{.population = kReach}, {.population = kLost}}};
  constexpr int kDrawn = 40000;
  SampleRatio ratio(all, 0.9, kDrawn);
  ratio.lose(1, kLost);
  const double reach = kReach / (kReach + kLost);
  for (int i = 0; i < kDrawn; ++i) ratio.add(0, i % 2 == 0 ? 0.5 : 0, i % 2 == 0 ? 0 : 0.5, reach, reach);
  const auto [low, high] = ratio.interval();
  EXPECT_LE(low, kReach / 4 / (kReach / 2 + kLost));
  EXPECT_GE(high, (kReach / 4 + kLost) / (kReach / 2 + kLost));
}

}  // namespace
}  // namespace tf_injector::detail
