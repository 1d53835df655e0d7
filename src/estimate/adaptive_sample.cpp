#include "estimate/adaptive_sample.hpp"

#include <algorithm>

namespace tf_injector::detail {
namespace {

constexpr int64_t kRound = 250;
// Bets are fixed for a round: of a small population it takes no more than this part.
constexpr int64_t kPartOfRound = 1000;
// Looks cost time in proportion to the draws: later ones are further apart.
constexpr int64_t kPartOfLook = 25;

}  // namespace

int64_t UnitShuffle::at(int64_t place) const {
  const auto found = moved_.find(place);
  return found == moved_.end() ? place : found->second;
}

// Fisher and Yates from the front: what stands at the place drawn is given, and what stood in front takes its
// place.
int64_t UnitShuffle::next(PythonRandom& random) {
  const int64_t front = size_ - left_, place = front + random.below(left_);
  const int64_t unit = at(place);
  if (place != front) moved_[place] = at(front);
  moved_.erase(front);
  --left_;
  return unit;
}

AdaptiveSample::AdaptiveSample(std::span<const Stratum> strata, const StratifiedMeanOptions& options,
                               uint64_t seed)
    : options_(options), random_(seed), mean_(strata, options) {
  for (const Stratum& stratum : strata) {
    units_.emplace_back(static_cast<int64_t>(stratum.population));
    all_ += units_.back().left();
  }
}

int64_t AdaptiveSample::round_size() const { return std::clamp<int64_t>(all_ / kPartOfRound, 1, kRound); }

size_t AdaptiveSample::draw_stratum() {
  constexpr int kBits = 53;
  const double point = static_cast<double>(random_.bits(kBits)) * 0x1p-53 * cumulative_.back();
  const auto found = std::upper_bound(cumulative_.begin(), cumulative_.end(), point);
  return static_cast<size_t>(std::min(found, cumulative_.end() - 1) - cumulative_.begin());
}

std::span<const Draw> AdaptiveSample::next_round() {
  round_.clear();
  order_.clear();
  if (is_exhausted()) return round_;
  mean_.begin_round();
  cumulative_.clear();
  double sum = 0;
  for (const double q : mean_.probabilities()) cumulative_.push_back(sum += q);
  const int64_t size = round_size();
  for (int64_t i = 0; i < size; ++i) {
    const size_t stratum = draw_stratum();
    order_.emplace_back();
    if (units_[stratum].left() == 0) continue;
    order_.back() = round_.size();
    round_.push_back({stratum, units_[stratum].next(random_)});
  }
  return round_;
}

void AdaptiveSample::take(std::span<const double> values) {
  for (const std::optional<size_t>& place : order_) {
    if (place)
      mean_.add(round_[*place].stratum, values[*place]);
    else
      mean_.add_empty();
  }
  if (mean_.draws() < next_look_ && !is_exhausted()) return;
  interval_ = mean_.look();
  next_look_ = mean_.draws() + std::max(round_size(), mean_.draws() / kPartOfLook);
}

}  // namespace tf_injector::detail
