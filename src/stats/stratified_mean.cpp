#include "stats/stratified_mean.hpp"

#include <algorithm>
#include <cmath>

namespace tf_injector::detail {
namespace {

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
  return {.below = below, .above = above, .variance = std::max(variance, 1e-12)};
}

StreamShape StratifiedMean::shape(const Range& range) const {
  return {.variance = range.variance,
          .most = centre() + range.above,
          .drop = std::max(range.below, options_.error),
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
  range_ = range(q_);
  const StreamShape stream = shape(range_);
  const auto seen = static_cast<double>(draws_);
  // Where no width is wanted the bets are made for twice the draws that there are.
  const double horizon =
      options_.error > 0 ? expected_draws(stream, options_.error) : std::max(64.0, 2 * seen);
  const double error = options_.error > 0 ? options_.error : expected_error(stream, horizon);
  const double large = draws_ == 0 ? 0.0 : large_squares_ / seen;
  bets_ = bets_for(stream, horizon, error, large, lower_room());
}

// Between the largest mean that is left and the smallest z.
double StratifiedMean::lower_room() const {
  constexpr double kLeastRoom = 1e-12;
  return std::max(interval_.high - (centre() - range_.below), kLeastRoom);
}

// The centre moves within a round, by little unless few units are left: what can be lost is bounded anew for
// each draw. What the strata can add to it only becomes less.
void StratifiedMean::bet(double z) {
  upper_.add(z, std::min(bets_.upper, kCapitalKept / (centre() + range_.above)));
  lower_.add(z, std::min(bets_.lower, kCapitalKept / lower_room()));
}

void StratifiedMean::add(size_t stratum, double value) {
  State& s = strata_[stratum];
  Expected& pool = pools_[s.pool];
  const double over = s.left / units_ / q_[stratum] * (value - pool.x);
  bet(centre() + over);
  if (over > 0) large_squares_ += over * over;
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
  bet(centre());
  ++draws_;
}

// The ends can only cross where one of them has missed the mean; what is certain goes before them.
Interval StratifiedMean::look() {
  constexpr double kRounding = 1e-9;
  const double least = std::max(seen_sum_ - kRounding, 0.0);
  const double most = std::min(seen_sum_ + units_left_ / units_ + kRounding, 1.0);
  if (is_exhausted()) {
    double sum = 0;  // exact where values are whole, as shares of the units are not
    for (const State& s : strata_) sum += s.sum;
    const double mean = std::min(sum / units_, 1.0);
    interval_ = {.low = mean, .high = mean};
    return interval_;
  }
  const double low = std::clamp(interval_.low, least, most), high = std::clamp(interval_.high, least, most);
  const double end = lower_.solve(low, high), other = upper_.solve(low, high);
  interval_ = {.low = std::min(end, other), .high = std::max(end, other)};
  return interval_;
}

double StratifiedMean::estimate() const {
  double mean = 0;
  for (const State& s : strata_) {
    const double of_pool = pools_[s.pool].belief.mean();
    mean += s.population / units_ * (s.seen > 0 ? s.sum / static_cast<double>(s.seen) : of_pool);
  }
  return std::clamp(mean, interval_.low, interval_.high);
}

}  // namespace tf_injector::detail
