// The mean of a stratified population whose values lie between 0 and 1, from units that are drawn one by one:
// with an interval that is valid at every moment, whatever made the drawing stop.
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

struct Stratum {
  double population = 0;  // units
  // What is believed before anything is seen. A wrong belief costs draws, not validity.
  double mean = 0, variance = 0.0005;
  size_t pool = 0;  // strata of one pool are expected to have the same mean: their draws are put together
};

struct StratifiedMeanOptions {
  double confidence = 0.99;
  double error = 0;  // half width that is wanted; 0: none
};

// Draws are made in rounds. Before a round everything that the bets depend on is fixed from what was seen:
// what is expected of each stratum (x), the probabilities q of the strata, the size of the bets. A unit of
// stratum h with the value y, drawn without replacement, then gives
//     z = S + sum of w x + w_h / q_h (y - x_h)
// with S the sum of the values seen and w_h the units left, both as shares of the population: its expectation
// is the population's mean, whatever x and q are. Two betting bounds (betting_bound.hpp) hold that mean, the
// upper one with 7/10 of the error probability. docs/statistics.md has the sources and what it was measured
// against.
class StratifiedMean {
 public:
  StratifiedMean(std::span<const Stratum> strata, const StratifiedMeanOptions& options);

  // Begins a round with probabilities of its own choice: more draws where values differ more, no stratum left
  // out (Neyman's allocation with a floor; the floor is the one with which the fewest draws are expected).
  void begin_round();
  [[nodiscard]] std::span<const double> probabilities() const noexcept { return q_; }
  // A unit was drawn from a stratum by these probabilities, and it has this value.
  void add(size_t stratum, double value);
  // By these probabilities a stratum was drawn that has become empty in this round.
  void add_empty();

  // That holds the mean at the confidence. Never wider than it was.
  Interval look();
  // Post-stratified: each stratum's mean, weighted by its size; strata without a draw count with what their
  // pool says. Never outside the interval of the last look.
  [[nodiscard]] double estimate() const;
  [[nodiscard]] int64_t draws() const noexcept { return draws_; }
  [[nodiscard]] int64_t draws(size_t stratum) const { return strata_[stratum].seen; }
  [[nodiscard]] bool is_exhausted() const noexcept { return units_left_ <= 0; }
  // About how many draws in all make the interval no wider than +-error, with what was seen so far.
  [[nodiscard]] double needed_draws(double error) const;

 private:
  struct State {
    double population, left;
    size_t pool;
    int64_t seen = 0;
    double sum = 0;
  };
  struct Expected {
    Belief belief;
    double x = 0, variance = 0, spread = 0;  // in this round
  };
  // What the bets are made from.
  struct Range {
    double below = 0, above = 0;  // how far z can lie from the centre
    double variance = 0;          // about, of z
  };
  [[nodiscard]] double centre() const noexcept { return seen_sum_ + expected_left_; }
  void bet(double z);
  [[nodiscard]] Range range(std::span<const double> q) const;
  [[nodiscard]] StreamShape shape(const Range& range) const;
  void expect();
  void allocate();
  [[nodiscard]] std::vector<double> allocation(double share, double weight_of_mean) const;
  void size_bets();
  [[nodiscard]] double lower_room() const;

  StratifiedMeanOptions options_;
  std::vector<State> strata_;
  std::vector<Expected> pools_;
  double units_ = 0, units_left_ = 0;
  BettingBound upper_, lower_;
  std::vector<double> q_;
  double share_ = 0.2, weight_of_mean_ = 0;  // of the allocation
  double seen_sum_ = 0;                      // S
  double expected_left_ = 0;                 // sum of w x
  Range range_;                              // of this round
  Bets bets_;                                // of this round, at most
  double large_squares_ = 0;                 // sum of max(z - C, 0)^2
  int64_t draws_ = 0;
  int64_t next_allocation_ = 0;
  Interval interval_;
};

}  // namespace tf_injector::detail
