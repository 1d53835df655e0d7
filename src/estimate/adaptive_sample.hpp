// Which units of a stratified population are looked at next, and what is known so far: the estimator without
// any network.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "sampling/python_random.hpp"
#include "stats/stratified_mean.hpp"

namespace tf_injector::detail {

// A unit of a stratum, from 0.
struct Draw {
  size_t stratum = 0;
  int64_t unit = 0;
};

// The numbers 0 .. size - 1 in random order, one by one: a shuffle that keeps only what it has moved.
class UnitShuffle {
 public:
  explicit UnitShuffle(int64_t size) : left_(size), size_(size) {}
  [[nodiscard]] int64_t left() const noexcept { return left_; }
  // Needs left() > 0.
  [[nodiscard]] int64_t next(PythonRandom& random);

 private:
  [[nodiscard]] int64_t at(int64_t place) const;
  int64_t left_, size_;
  std::unordered_map<int64_t, int64_t> moved_;
};

// The same draws from the same seed and the same values, whatever the machine.
class AdaptiveSample {
 public:
  // Strata of whole numbers of units.
  AdaptiveSample(std::span<const Stratum> strata, const StratifiedMeanOptions& options, uint64_t seed);

  // The draws of a round, in the order in which take() wants their values; empty once nothing is left.
  [[nodiscard]] std::span<const Draw> next_round();
  // The values of the round's draws, between 0 and 1.
  void take(std::span<const double> values);

  // As of the last round.
  [[nodiscard]] const Interval& interval() const noexcept { return interval_; }
  [[nodiscard]] bool is_narrow_enough() const noexcept {
    return interval_.high - interval_.low <= 2 * options_.error;
  }
  [[nodiscard]] bool is_exhausted() const noexcept { return mean_.is_exhausted(); }
  [[nodiscard]] double estimate() const { return mean_.estimate(); }
  [[nodiscard]] int64_t draws() const noexcept { return mean_.draws(); }
  [[nodiscard]] int64_t draws(size_t stratum) const { return mean_.draws(stratum); }
  [[nodiscard]] double needed_draws() const { return mean_.needed_draws(options_.error); }

 private:
  [[nodiscard]] int64_t round_size() const;
  [[nodiscard]] size_t draw_stratum();

  StratifiedMeanOptions options_;
  PythonRandom random_;
  StratifiedMean mean_;
  std::vector<UnitShuffle> units_;
  int64_t all_ = 0;
  std::vector<double> cumulative_;  // of the strata's probabilities
  std::vector<Draw> round_;
  std::vector<std::optional<size_t>> order_;  // of the round: places in round_; none: an empty draw
  int64_t next_look_ = 0;
  Interval interval_;
};

}  // namespace tf_injector::detail
