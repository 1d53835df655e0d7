// The mean of a population whose values lie between 0 and 1, from a sample of a known design that was drawn
// before: the sample is looked through in random order, and bet on as if it were drawn now.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/belief.hpp"
#include "stats/betting_bound.hpp"
#include "stats/expected_error.hpp"
#include "stats/interval.hpp"

namespace tf_injector::detail {

// Units that are expected to have the same mean: bits of a float.
struct Pool {
  double population = 0;              // units
  double mean = 0.5, variance = 0.1;  // as believed before; costs width where it is wrong, not validity
};

// The probability with which a unit is the next one of the sample in random order follows from the design,
// and is given as `ratio` = (share of the population that the unit's group has left) / (probability of that
// group). With S the share of the values seen, w the pools' shares that are left and x what is expected of
// them,
//     z = S + sum of w x + ratio (y - x)
// has the population's mean as its expectation. Units that can no longer come are lost: the upper bound
// allows for the worst of them, the lower one for the best.
class SampleMean {
 public:
  // `draws`: size of the sample. `lost`: shares of the population that are expected to be lost when 1, 2, ...
  // of lost.size() equal parts of the sample have come; empty: none.
  SampleMean(std::span<const Pool> pools, double confidence, int64_t draws,
             std::span<const double> lost = {});

  // A unit of a pool; no unit that could have come had a larger ratio than `most`. `weight`: units that it
  // stands for, in the estimate.
  void add(size_t pool, double value, double ratio, double most, double weight);
  // So many units of a pool were not drawn, and will not be.
  void lose(size_t pool, double units);

  [[nodiscard]] Interval interval() const;
  // Mean of the pools' weighted means, by their sizes; where a pool has no value, of all values, weighted.
  [[nodiscard]] double estimate() const;
  // About how large a sample has an interval of +-error.
  [[nodiscard]] int64_t draws_for(double error) const;

 private:
  struct State {
    double population, left;
    Belief belief;
    double weight = 0, weighted = 0;  // sums
    double x = 0;                     // expected in this round
  };
  void begin_round();
  [[nodiscard]] double horizon_with(std::span<const double> lost) const;
  [[nodiscard]] StreamShape shape(double most) const;
  [[nodiscard]] Interval range() const;
  void look_up();

  std::vector<State> pools_;
  double units_ = 0, lost_ = 0;
  double sum_ = 0,
         seen_sum_ = 0;  // of the values, exact where they are whole; the same as a share of the units
  BettingBound upper_, lower_;
  int64_t draws_, seen_ = 0, next_round_ = 0, next_look_ = 8;
  double high_ = 1;  // no mean above is believed any more: bets on the lower bound may be larger
  double horizon_;   // draws that the bets are made for
  double expected_left_ = 0, variance_ = 0, least_x_ = 0, most_x_ = 0;
  double squares_ = 0, large_squares_ = 0;  // of z around what was expected; of those above it
  double first_most_ = 1;
};

}  // namespace tf_injector::detail
