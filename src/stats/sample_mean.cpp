#include "stats/sample_mean.hpp"

#include <algorithm>
#include <cmath>

namespace tf_injector::detail {
namespace {

constexpr int64_t kRounds = 1000;   // in which beliefs are renewed
constexpr double kSeenFirst = 100;  // numbers z that the variance of the beliefs counts as

}  // namespace

SampleMean::SampleMean(std::span<const Pool> pools, double confidence, int64_t draws,
                       std::span<const double> lost)
    : upper_(BettingBound::Side::upper, kUpperPart * (1 - confidence)),
      lower_(BettingBound::Side::lower, (1 - kUpperPart) * (1 - confidence)),
      draws_(draws),
      horizon_(static_cast<double>(draws)) {
  for (const Pool& pool : pools) {
    pools_.push_back(
        {.population = pool.population, .left = pool.population, .belief = Belief(pool.mean, pool.variance)});
    units_ += pool.population;
  }
  begin_round();
  if (!lost.empty()) horizon_ = horizon_with(lost);
}

// Where the interval is expected to be narrowest: what is lost widens it again.
double SampleMean::horizon_with(std::span<const double> lost) const {
  const StreamShape stream = shape(1);
  double best = 0, narrowest = 0;
  for (size_t i = 0; i < lost.size(); ++i) {
    const double part = static_cast<double>(i + 1) / static_cast<double>(lost.size());
    const double draws = part * static_cast<double>(draws_);
    const double error = expected_error(stream, draws) + lost[i];
    if (best != 0 && error >= narrowest) continue;
    narrowest = error;
    best = draws;
  }
  return best;
}

void SampleMean::begin_round() {
  expected_left_ = variance_ = 0;
  least_x_ = 1;
  most_x_ = 0;
  double left = 0;
  for (State& pool : pools_) {
    pool.x = pool.belief.mean();
    if (pool.left <= 0) continue;
    expected_left_ += pool.left / units_ * pool.x;
    variance_ += pool.left / units_ * pool.belief.variance();
    left += pool.left / units_;
    least_x_ = std::min(least_x_, pool.x);
    most_x_ = std::max(most_x_, pool.x);
  }
  variance_ = std::max(variance_ * left, 1e-12);
  // Groups of which less was drawn than their size asks for count more: what z did so far tells.
  variance_ = (squares_ + kSeenFirst * variance_) / (static_cast<double>(seen_) + kSeenFirst);
  next_round_ = seen_ + std::max<int64_t>(1, draws_ / kRounds);
}

StreamShape SampleMean::shape(double most) const {
  const double centre = seen_sum_ + expected_left_;
  return {.variance = variance_,
          .most = centre + lost_ + most * (1 - least_x_),
          .drop = std::max(most * most_x_, 1e-3),
          .log_upper = upper_.log_threshold(),
          .log_lower = lower_.log_threshold()};
}

void SampleMean::add(size_t pool, double value, double ratio, double most, double weight) {
  if (seen_ >= next_round_) begin_round();
  if (seen_ >= next_look_) look_up();
  if (seen_ == 0) first_most_ = most;
  const StreamShape stream = shape(most);
  const double centre = seen_sum_ + expected_left_;
  const double large = seen_ == 0 ? 0.0 : large_squares_ / static_cast<double>(seen_);
  const double room = high_ - (centre - most * most_x_);  // between the largest mean and the smallest z
  const double error = expected_error(stream, horizon_);
  Bets bets = bets_for(stream, horizon_, error, large, room);
  bets.upper *= std::max(0.0, 1 - lost_ / error);  // what is lost would cost more than is won
  State& s = pools_[pool];
  const double z = centre + ratio * (value - s.x);
  upper_.add(z + lost_, bets.upper);
  lower_.add(z, bets.lower);
  squares_ += (z - centre) * (z - centre);
  if (z > centre) large_squares_ += (z - centre) * (z - centre);
  ++seen_;
  s.belief.add(value);
  s.weight += weight;
  s.weighted += weight * value;
  s.left -= 1;
  sum_ += value;
  seen_sum_ += value / units_;
  expected_left_ -= s.x / units_;
}

void SampleMean::lose(size_t pool, double units) {
  pools_[pool].left -= units;
  lost_ += units / units_;
  expected_left_ -= units / units_ * pools_[pool].x;
}

// What the values seen leave possible, whatever the others are.
Interval SampleMean::range() const {
  constexpr double kRounding = 1e-9;
  double left = lost_;
  for (const State& pool : pools_) left += std::max(pool.left, 0.0) / units_;
  if (left * units_ < 0.5) {
    const double mean = std::min(sum_ / units_, 1.0);
    return {.low = mean, .high = mean};
  }
  return {.low = std::max(0.0, seen_sum_ - kRounding), .high = std::min(1.0, seen_sum_ + left + kRounding)};
}

// The upper bound holds at every moment, so that the bets of the lower one may count on it.
void SampleMean::look_up() {
  const auto [low, high] = range();
  high_ = std::max(std::min(high_, upper_.solve(low, high)), low);
  next_look_ = seen_ + seen_ / 2;
}

Interval SampleMean::interval() const {
  const auto [low, high] = range();
  if (high <= low) return {.low = low, .high = high};
  const double above = std::max(std::min(high_, upper_.solve(low, high)), low);
  return {.low = lower_.solve(low, above), .high = above};
}

// A pool without a value would have to be guessed: then the pools are not told apart.
double SampleMean::estimate() const {
  double weight = 0, weighted = 0, mean = 0;
  bool all_seen = true;
  for (const State& pool : pools_) {
    weight += pool.weight;
    weighted += pool.weighted;
    if (pool.weight > 0)
      mean += pool.population / units_ * (pool.weighted / pool.weight);
    else
      all_seen = all_seen && pool.population <= 0;
  }
  if (weight <= 0) return seen_sum_ + expected_left_;
  return all_seen ? mean : weighted / weight;
}

int64_t SampleMean::draws_for(double error) const {
  const double z_variance = squares_ / std::max(static_cast<double>(seen_), 1.0);
  const StreamShape stream{.variance = std::max(z_variance, 1e-12),
                           .most = estimate() + first_most_ * (1 - least_x_),
                           .drop = std::max(first_most_ * most_x_, 1e-3),
                           .log_upper = upper_.log_threshold(),
                           .log_lower = lower_.log_threshold()};
  return static_cast<int64_t>(std::ceil(expected_draws(stream, error)));
}

}  // namespace tf_injector::detail
