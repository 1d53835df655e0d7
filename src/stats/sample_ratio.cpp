#include "stats/sample_ratio.hpp"

#include <algorithm>
#include <cmath>

#include "stats/product.hpp"

namespace tf_injector::detail {
namespace {

constexpr int64_t kRatioRounds = 1000;   // in which beliefs are renewed
constexpr double kRatioSeenFirst = 100;  // numbers z that the variance of the beliefs counts as
constexpr double kRatioOutward = 1e-9;

}  // namespace

SampleRatio::SampleRatio(std::span<const RatioPool> pools, double confidence, int64_t draws)
    : upper_{.log_threshold = -natural_log(kUpperPart * (1 - confidence))},
      lower_{.log_threshold = -natural_log((1 - kUpperPart) * (1 - confidence))},
      draws_(draws) {
  for (const RatioPool& pool : pools) {
    pools_.push_back(
        {.population = pool.population, .left = pool.population, .part = pool.part, .rest = pool.rest});
    units_ += pool.population;
  }
  begin_round();
}

// What is believed of the ratio now.
double SampleRatio::centre() const {
  const double part = part_ + expected_part_, all = part + rest_ + expected_rest_;
  return all > 0 ? std::clamp(part / all, 0.0, 1.0) : 0.5;
}

void SampleRatio::begin_round() {
  expected_part_ = expected_rest_ = 0;
  expected_ = {};
  double left = 0;
  for (State& pool : pools_) {
    pool.x_part = pool.part.mean();
    pool.x_rest = pool.rest.mean();
    if (pool.left <= 0) continue;
    const double share = pool.left / units_;
    left += share;
    expected_part_ += share * pool.x_part;
    expected_rest_ += share * pool.x_rest;
    expected_.least_part = std::min(expected_.least_part, pool.x_part);
    expected_.most_part = std::max(expected_.most_part, pool.x_part);
    expected_.least_rest = std::min(expected_.least_rest, pool.x_rest);
    expected_.most_rest = std::max(expected_.most_rest, pool.x_rest);
  }
  const double r = centre();
  double variance = 0;
  for (const State& pool : pools_) {
    if (pool.left <= 0) continue;
    variance +=
        pool.left / units_ * ((1 - r) * (1 - r) * pool.part.variance() + r * r * pool.rest.variance());
  }
  variance = std::max(variance * left, 1e-12);
  variance_ = (squares_ + kRatioSeenFirst * variance) / (static_cast<double>(seen_) + kRatioSeenFirst);
  next_round_ = seen_ + std::max<int64_t>(1, draws_ / kRatioRounds);
}

// Of lost units the part may be all or nothing: of 1 - r of their share too much, or of r too little.
void SampleRatio::add(size_t pool, double part, double rest, double ratio, double most) {
  if (seen_ >= next_round_) begin_round();
  if (seen_ >= next_look_) look();
  const double r = centre();
  const double c_part = part_ + expected_part_, c_rest = rest_ + expected_rest_;
  const double least_z_part = c_part - most * expected_.most_part;
  const double least_z_rest = c_rest - most * expected_.most_rest;
  const double most_z_part = c_part + most * (1 - expected_.least_part);
  const double most_z_rest = c_rest + most * (1 - expected_.least_rest);
  // No r makes a factor of the upper bound negative, none up to high_ one of the lower bound.
  const StreamShape stream{
      .variance = variance_,
      .most = std::max({most_z_part + lost_, -least_z_rest, 1e-3}),
      .drop = std::max({-least_z_part, high_ * (most_z_rest + lost_) - (1 - high_) * least_z_part, 1e-3}),
      .log_upper = upper_.log_threshold,
      .log_lower = lower_.log_threshold};
  const auto horizon = static_cast<double>(draws_);
  const double error = expected_error(stream, horizon);
  const double large = seen_ == 0 ? 0.0 : large_squares_ / static_cast<double>(seen_);
  Bets bets = bets_for(stream, horizon, error, large, stream.drop);
  bets.upper *= std::max(0.0, 1 - (1 - r) * lost_ / error);  // what is lost would cost more than is won
  bets.lower *= std::max(0.0, 1 - r * lost_ / error);
  State& s = pools_[pool];
  const double z_part = c_part + ratio * (part - s.x_part), z_rest = c_rest + ratio * (rest - s.x_rest);
  const double all = z_part + z_rest + lost_;
  upper_.factors.push_back({.at = 1 - bets.upper * (z_part + lost_), .slope = bets.upper * all});
  lower_.factors.push_back({.at = 1 + bets.lower * z_part, .slope = -bets.lower * all});
  const double z = (1 - r) * z_part - r * z_rest;
  squares_ += z * z;
  if (z > 0) large_squares_ += z * z;
  ++seen_;
  s.part.add(part);
  s.rest.add(rest);
  s.left -= 1;
  part_ += part / units_;
  rest_ += rest / units_;
  expected_part_ -= s.x_part / units_;
  expected_rest_ -= s.x_rest / units_;
}

void SampleRatio::lose(size_t pool, double units) {
  State& s = pools_[pool];
  s.left -= units;
  lost_ += units / units_;
  expected_part_ -= units / units_ * s.x_part;
  expected_rest_ -= units / units_ * s.x_rest;
}

bool SampleRatio::Bound::excludes(double r) const {
  Product capital;
  for (const Factor& factor : factors) {
    const double value = factor.at + factor.slope * r;
    if (!(value > 1e-15)) return false;
    capital.multiply(value);
  }
  return capital.log() >= log_threshold;
}

// What the values seen leave possible, whatever the others are.
Interval SampleRatio::range() const {
  double left = lost_;
  for (const State& pool : pools_) left += std::max(pool.left, 0.0) / units_;
  const double seen = part_ + rest_;
  if (left * units_ < 0.5) {
    if (!(seen > 0)) return {};
    const double r = std::min(part_ / seen, 1.0);
    return {.low = r, .high = r};
  }
  return {.low = std::max(0.0, part_ / (seen + left) - kRatioOutward),
          .high = std::min(1.0, (part_ + left) / (seen + left) + kRatioOutward)};
}

// The end that is excluded is found by halving: between one ratio that is and one that is not.
double SampleRatio::solve_high(const Interval& within) const {
  double in = within.low, out = std::min(high_, within.high);
  if (out <= in || !upper_.excludes(out)) return std::max(out, in);
  if (upper_.excludes(in)) return in;
  while (out - in > kRatioOutward / 10) {
    const double middle = (in + out) / 2;
    (upper_.excludes(middle) ? out : in) = middle;
  }
  return std::min(out + kRatioOutward, within.high);
}

// The upper bound holds at every moment, so that the bets of the lower one may count on it.
void SampleRatio::look() {
  high_ = solve_high(range());
  next_look_ = seen_ + seen_ / 2;
}

Interval SampleRatio::interval() const {
  const Interval within = range();
  if (within.high <= within.low) return within;
  const double high = solve_high(within);
  double out = within.low, in = high;
  if (in <= out || !lower_.excludes(out)) return {.low = out, .high = high};
  if (lower_.excludes(in)) return {.low = in, .high = high};
  while (in - out > kRatioOutward / 10) {
    const double middle = (in + out) / 2;
    (lower_.excludes(middle) ? out : in) = middle;
  }
  return {.low = std::max(out - kRatioOutward, within.low), .high = high};
}

}  // namespace tf_injector::detail
