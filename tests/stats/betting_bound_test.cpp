// Betting bounds against bisection in long double on random streams.
#include "stats/betting_bound.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

namespace tf_injector::detail {
namespace {

using Side = BettingBound::Side;

struct Stream {
  std::vector<double> z, bet;
};

long double log_capital(const Stream& stream, Side side, long double mu) {
  long double sum = 0;
  for (size_t i = 0; i < stream.z.size(); ++i) {
    const long double over = static_cast<long double>(stream.z[i]) - mu;
    const long double factor =
        1 + (side == Side::upper ? -over : over) * static_cast<long double>(stream.bet[i]);
    if (factor <= 0) return -INFINITY;
    sum += std::log(factor);
  }
  return sum;
}

// The end of what is not excluded, to 1e-15.
long double by_bisection(const Stream& stream, Side side, double alpha, double low, double high) {
  const long double threshold = -std::log(static_cast<long double>(alpha));
  const auto is_excluded = [&](long double mu) { return log_capital(stream, side, mu) >= threshold; };
  long double kept = side == Side::upper ? low : high, excluded = side == Side::upper ? high : low;
  if (!is_excluded(excluded)) return excluded;
  if (is_excluded(kept)) return kept;
  for (int i = 0; i < 60; ++i) {
    const long double middle = (kept + excluded) / 2;
    (is_excluded(middle) ? excluded : kept) = middle;
  }
  return excluded;
}

BettingBound bound_of(const Stream& stream, Side side, double alpha) {
  BettingBound bound(side, alpha);
  for (size_t i = 0; i < stream.z.size(); ++i) bound.add(stream.z[i], stream.bet[i]);
  return bound;
}

// Values around 0 .. 1, now and then far outside, with bets that lose at most 95 % for any mean of 0 .. 1.
Stream random_stream(std::mt19937& rng, Side side) {
  std::uniform_real_distribution<double> uniform(0, 1);
  Stream stream;
  const double mean = uniform(rng) * uniform(rng), spread = uniform(rng), reach = 1 + 9 * uniform(rng);
  const auto draws = static_cast<size_t>(std::exp(uniform(rng) * 8));
  const double boldness = uniform(rng);
  for (size_t i = 0; i < draws; ++i) {
    double z = mean + spread * (uniform(rng) - 0.5);
    if (uniform(rng) < 0.01) z = side == Side::upper ? reach : 1 - reach;
    stream.z.push_back(z);
    stream.bet.push_back(boldness * uniform(rng) * 0.95 / (reach + 1));
  }
  return stream;
}

TEST(BettingBound, IsWhereTheCapitalReachesTheThreshold) {
  std::mt19937 rng(1);
  int inside = 0;
  for (int i = 0; i < 400; ++i) {
    for (const Side side : {Side::upper, Side::lower}) {
      const Stream stream = random_stream(rng, side);
      const double alpha = std::pow(10.0, -1 - 5 * (static_cast<double>(rng()) / 0x1p32));
      const auto expected = static_cast<double>(by_bisection(stream, side, alpha, 0, 1));
      const double found = bound_of(stream, side, alpha).solve(0, 1);
      constexpr double kOutward = 1e-9, kRounding = 1e-12;
      if (side == Side::upper) {
        EXPECT_GE(found, expected - kRounding) << i;  // never inside
        EXPECT_LE(found, expected + kOutward + 1e-10) << i;
      } else {
        EXPECT_LE(found, expected + kRounding) << i;
        EXPECT_GE(found, expected - kOutward - 1e-10) << i;
      }
      inside += expected > 0 && expected < 1 ? 1 : 0;
    }
  }
  EXPECT_GT(inside, 100);  // of 800: where there is something to solve
}

TEST(BettingBound, WithoutADrawNothingIsExcluded) {
  EXPECT_EQ(BettingBound(Side::upper, 0.01).solve(0.1, 0.9), 0.9);
  EXPECT_EQ(BettingBound(Side::lower, 0.01).solve(0.1, 0.9), 0.1);
}

TEST(BettingBound, StaysBetweenTheEndsThatAreKnown) {
  std::mt19937 rng(2);
  const Stream stream = random_stream(rng, Side::upper);
  const double all = bound_of(stream, Side::upper, 0.05).solve(0, 1);
  EXPECT_EQ(bound_of(stream, Side::upper, 0.05).solve(0, all / 2), all / 2);
  EXPECT_NEAR(bound_of(stream, Side::upper, 0.05).solve(all / 2, 1), all, 2e-9);
}

// The capital is far beyond the range of doubles on the way: all bets of one kind come first.
TEST(BettingBound, LongProductsNeitherOverflowNorVanish) {
  constexpr int kDraws = 20'000;
  for (const bool zeros_first : {true, false}) {
    Stream stream{.z = {}, .bet = std::vector<double>(kDraws, 0.5)};
    for (int i = 0; i < kDraws; ++i) stream.z.push_back((i < kDraws / 2) == zeros_first ? 0.0 : 1.0);
    for (const Side side : {Side::upper, Side::lower}) {
      const auto expected = static_cast<double>(by_bisection(stream, side, 1e-6, 0, 1));
      EXPECT_NEAR(bound_of(stream, side, 1e-6).solve(0, 1), expected, 2e-9);
      EXPECT_GT(expected, 0.1);
      EXPECT_LT(expected, 0.9);
    }
  }
}

// A mean at which a bet would have lost more than all is not excluded by it.
TEST(BettingBound, FactorsBelowZeroExcludeNothing) {
  const Stream stream{.z = {1.5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0},
                      .bet = std::vector<double>(12, 0.9)};  // 1 - 0.9 (1.5 - mu) < 0 below 0.39
  const double expected = static_cast<double>(by_bisection(stream, Side::upper, 0.05, 0, 1));
  const double found = bound_of(stream, Side::upper, 0.05).solve(0, 1);
  EXPECT_GT(expected, 0.38);
  EXPECT_GE(found, expected);
  EXPECT_LT(found, expected + 0.1);
}

}  // namespace
}  // namespace tf_injector::detail
