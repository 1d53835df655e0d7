#include "stats/sample_mean.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tf_injector::detail {
namespace {

// Half of a population cannot be drawn: it may be all ones or all zeros.
TEST(SampleMean, UnitsOutOfReachMayBeAnything) {
  const std::array<Pool, 2> pools = {{{.population = 500}, {.population = 500}}};
  SampleMean zeros(pools, 0.99, 400), ones(pools, 0.99, 400);
  zeros.lose(1, 500);
  ones.lose(1, 500);
  for (int i = 0; i < 400; ++i) {
    const double ratio = static_cast<double>(500 - i) / 1000;
    zeros.add(0, 0.0, ratio, ratio, 1);
    ones.add(0, 1.0, ratio, ratio, 1);
  }
  EXPECT_GE(zeros.interval().high, 0.5);
  EXPECT_LT(zeros.interval().low, 1e-6);
  EXPECT_LE(ones.interval().low, 0.5);
  EXPECT_GT(ones.interval().low, 0.3);
  EXPECT_GE(ones.interval().high, 0.9);
}

TEST(SampleMean, AllUnitsGiveTheMeanItself) {
  const std::array<Pool, 1> pools = {{{.population = 100}}};
  SampleMean mean(pools, 0.99, 100);
  for (int i = 0; i < 100; ++i) {
    const double ratio = static_cast<double>(100 - i) / 100;
    mean.add(0, i % 4 == 0 ? 1.0 : 0.0, ratio, ratio, 1);
  }
  EXPECT_DOUBLE_EQ(mean.interval().low, mean.interval().high);
  EXPECT_NEAR(mean.interval().low, 0.25, 1e-12);
  EXPECT_NEAR(mean.estimate(), 0.25, 1e-12);
}

// A third has no exact double: what all units give is nevertheless 1, not a little more or less.
TEST(SampleMean, AllOnesAreOne) {
  for (const int units : {3, 41, 192, 288, 1000}) {
    SCOPED_TRACE(units);
    const std::array<Pool, 1> pools = {{{.population = static_cast<double>(units)}}};
    SampleMean mean(pools, 0.99, units);
    for (int i = 0; i < units; ++i) {
      const double ratio = static_cast<double>(units - i) / units;
      mean.add(0, 1.0, ratio, ratio, 1);
    }
    EXPECT_EQ(mean.interval().low, 1);
    EXPECT_EQ(mean.interval().high, 1);
  }
}

TEST(SampleMean, NothingDrawnIsNothingKnown) {
  const std::array<Pool, 1> pools = {{{.population = 1e6}}};
  const SampleMean mean(pools, 0.99, 1);
  EXPECT_LT(mean.interval().low, 1e-6);
  EXPECT_GT(mean.interval().high, 1 - 1e-6);
}

// Weights, not numbers of draws, decide what a pool's mean is.
TEST(SampleMean, TheEstimateIsWeighted) {
  const std::array<Pool, 1> pools = {{{.population = 1e6}}};
  SampleMean mean(pools, 0.99, 2);
  mean.add(0, 1.0, 1, 1, 3);
  mean.add(0, 0.0, 1, 1, 1);
  EXPECT_NEAR(mean.estimate(), 0.75, 1e-12);
}

// What is believed of a pool before is no result: a sample without an effect has the mean 0.
TEST(SampleMean, TheEstimateIsOfTheValuesSeenAlone) {
  const std::array<Pool, 2> pools = {{{.population = 31e6, .mean = 0, .variance = 0.0005},
                                      {.population = 1e6, .mean = 0.4, .variance = 0.2}}};
  SampleMean zeros(pools, 0.99, 8);
  for (int i = 0; i < 8; ++i) zeros.add(0, 0.0, 1, 1, 4e6);
  EXPECT_EQ(zeros.estimate(), 0);
  SampleMean mixed(pools, 0.99, 2);
  mixed.add(0, 0.5, 1, 1, 1);
  mixed.add(0, 0.0, 1, 1, 3);
  EXPECT_NEAR(mixed.estimate(), 0.125, 1e-12);
}

// Where each pool has values, a pool that chance drew too often counts by its size.
TEST(SampleMean, PoolsCountByTheirSizes) {
  const std::array<Pool, 2> pools = {{{.population = 3e6}, {.population = 1e6}}};
  SampleMean mean(pools, 0.99, 2);
  mean.add(0, 0.0, 1, 1, 1);
  mean.add(1, 1.0, 1, 1, 1);
  EXPECT_NEAR(mean.estimate(), 0.25, 1e-12);
}

}  // namespace
}  // namespace tf_injector::detail
