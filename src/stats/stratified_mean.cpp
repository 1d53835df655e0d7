#include "stats/stratified_mean.hpp"

#include <algorithm>
#include <cmath>

namespace tf_injector::detail {
namespace {

constexpr double kCapitalKept = 0.95;  // of each bet at most so much can be lost
constexpr int64_t kBetweenAllocations = 100;

}  // namespace

StratifiedMean::StratifiedMean(std::span<const Stratum> strata, const StratifiedMeanOptions& options)
    : options_(options),
      upper_(BettingBound::Side::upper, kUpperPart * (1 - options.confidence)),
      lower_(BettingBound::Side::lower, (1 - kUpperPart) * (1 - options.confidence)) {
  for (const Stratum& stratum : strata) {
    strata_.push_back({.population = stratum.population, .left = stratum.population, .pool = stratum.pool});
    units_ += stratum.population;
    if (stratum.pool >= pools_.size()) pools_.resize(stratum.pool + 1);
    pools_[stratum.pool].belief = Belief(stratum.mean, stratum.variance);
  }
  units_left_ = units_;
}

// Fixes what is expected of the strata.
void StratifiedMean::expect() {
  for (Expected& pool : pools_) {
    pool.x = pool.belief.mean();
    pool.variance = pool.belief.variance();
    pool.spread = std::sqrt(pool.variance);
  }
  expected_left_ = 0;
  for (const State& s : strata_) expected_left_ += s.left / units_ * pools_[s.pool].x;
}

StratifiedMean::Range StratifiedMean::range(std::span<const double> q) const {
  double above = 0, below = 0, variance = 0;
  for (size_t h = 0; h < strata_.size(); ++h) {
    const double w = strata_[h].left / units_;
    if (w <= 0) continue;
    const Expected& pool = pools_[strata_[h].pool];
    const double ratio = w / q[h];
    above = std::max(above, ratio * (1 - pool.x));
    below = std::max(below, ratio * pool.x);
    variance += w * ratio * pool.variance;
  }
  const double centre = seen_sum_ + expected_left_;
  return {.least = centre - below, .most = centre + above, .variance = std::max(variance, 1e-12)};
}

StreamShape StratifiedMean::shape(const Range& range) const {
  const double centre = seen_sum_ + expected_left_;
  return {.variance = range.variance,
          .most = range.most,
          .drop = std::max(centre - range.least, options_.error),
          .log_upper = upper_.log_threshold(),
          .log_lower = lower_.log_threshold()};
}

double StratifiedMean::needed_draws(double error) const { return expected_draws(shape(range(q_)), error); }

std::vector<double> StratifiedMean::allocation(double share, double weight_of_mean) const {
  double wish = 0, left = 0;
  const auto wish_of = [&](const State& s) {
    return pools_[s.pool].spread + weight_of_mean * pools_[s.pool].x;
  };
  for (const State& s : strata_) {
    wish += s.left * wish_of(s);
    left += s.left;
  }
  std::vector<double> q;
  for (const State& s : strata_) q.push_back(s.left * ((1 - share) / left + share * wish_of(s) / wish));
  return q;
}

// The floor with which the fewest draws are expected.
void StratifiedMean::allocate() {
  constexpr double kStep = 0.04;
  constexpr int kShares = 15;
  double fewest = 0;
  for (const double weight_of_mean : {0.0, 0.15, 0.3, 0.45}) {
    for (int i = 1; i <= kShares; ++i) {
      const double draws =
          expected_draws(shape(range(allocation(kStep * i, weight_of_mean))), options_.error);
      if (fewest != 0 && draws >= fewest) continue;
      fewest = draws;
      share_ = kStep * i;
      weight_of_mean_ = weight_of_mean;
    }
  }
}

void StratifiedMean::begin_round() {
  if (is_exhausted()) return;
  expect();
  if (options_.error > 0 && draws_ >= next_allocation_) {
    allocate();
    next_allocation_ = draws_ + kBetweenAllocations;
  }
  q_ = allocation(share_, weight_of_mean_);
  size_bets();
}

void StratifiedMean::size_bets() {
  const Range z = range(q_);
  const StreamShape stream = shape(z);
  const auto seen = static_cast<double>(draws_);
  // Where no width is wanted the bets are made for twice the draws that there are.
  const double horizon =
      options_.error > 0 ? expected_draws(stream, options_.error) : std::max(64.0, 2 * seen);
  const double error = options_.error > 0 ? options_.error : expected_error(stream, horizon);
  const double large = draws_ == 0 ? 0.0 : large_squares_ / seen;
  const Bets bets = bets_for(stream, horizon, error, large, interval_.high - z.least);
  bet_upper_ = bets.upper;
  bet_lower_ = bets.lower;
}

void StratifiedMean::add(size_t stratum, double value) {
  State& s = strata_[stratum];
  Expected& pool = pools_[s.pool];
  const double centre = seen_sum_ + expected_left_;
  const double z = centre + s.left / units_ / q_[stratum] * (value - pool.x);
  upper_.add(z, bet_upper_);
  lower_.add(z, bet_lower_);
  if (z > centre) large_squares_ += (z - centre) * (z - centre);
  ++draws_;
  ++s.seen;
  s.sum += value;
  s.left -= 1;
  units_left_ -= 1;
  pool.belief.add(value);
  seen_sum_ += value / units_;
  expected_left_ -= pool.x / units_;
}

void StratifiedMean::add_empty() {
  const double z = seen_sum_ + expected_left_;
  upper_.add(z, bet_upper_);
  lower_.add(z, bet_lower_);
  ++draws_;
}

Interval StratifiedMean::look() {
  constexpr double kRounding = 1e-9;
  const double low = std::max(interval_.low, seen_sum_ - kRounding);
  const double high = std::min(interval_.high, seen_sum_ + units_left_ / units_ + kRounding);
  if (is_exhausted()) {
    interval_ = {.low = seen_sum_, .high = seen_sum_};
    return interval_;
  }
  interval_ = {.low = lower_.solve(low, high), .high = upper_.solve(low, high)};
  return interval_;
}

double StratifiedMean::estimate() const {
  double mean = 0;
  for (const State& s : strata_) {
    const double of_pool = pools_[s.pool].belief.mean();
    mean += s.population / units_ * (s.seen > 0 ? s.sum / static_cast<double>(s.seen) : of_pool);
  }
  return mean;
}

}  // namespace tf_injector::detail
