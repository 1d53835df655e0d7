// What share of a mean is a part of it, from a sample of a known design: the part and the rest are measured
// on the same units, so that what chance does to both does not count twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "stats/belief.hpp"
#include "stats/expected_error.hpp"
#include "stats/interval.hpp"

namespace tf_injector::detail {

// Units that are expected to have the same means.
struct RatioPool {
  double population = 0;  // units
  Belief part = {}, rest = {};
};

// Every unit has a part and a rest, both at least 0, together at most 1; sought is r = P / (P + R) of their
// means over the population. The numbers z of both (sample_mean.hpp) have the expectations P and R, so that
//     (1 - r) z_part - r z_rest
// has the expectation 0 for the true r and no other. Bets against that being so exclude the others, as
// betting_bound.hpp says: all that is bet is fixed before the unit is seen, and the capital is, as a function
// of r, a product of linear factors. Its logarithm is concave, so that what one bound excludes is one
// interval.
class SampleRatio {
 public:
  // `draws`: size of the sample.
  SampleRatio(std::span<const RatioPool> pools, double confidence, int64_t draws);

  // A unit of a pool; ratio and most as in SampleMean.
  void add(size_t pool, double part, double rest, double ratio, double most);
  // So many units of a pool were not drawn, and will not be.
  void lose(size_t pool, double units);

  // Of r, rounded outward by 1e-9; 0 to 1 where there is no harm to be a part of.
  [[nodiscard]] Interval interval() const;

 private:
  struct State {
    double population, left;
    Belief part, rest;
    double x_part = 0, x_rest = 0;  // expected in this round
  };
  // What the capital is multiplied by: at + slope r.
  struct Factor {
    double at, slope;
  };
  struct Bound {
    double log_threshold = 0;
    std::vector<Factor> factors = {};
    [[nodiscard]] bool excludes(double r) const;
  };
  struct Extremes {
    double least_part = 1, most_part = 0, least_rest = 1, most_rest = 0;  // of what is expected
  };
  void begin_round();
  void look();
  [[nodiscard]] Interval range() const;
  [[nodiscard]] double solve_high(const Interval& within) const;
  [[nodiscard]] double centre() const;

  std::vector<State> pools_;
  double units_ = 0, lost_ = 0;
  double part_ = 0, rest_ = 0;                    // seen, as shares of the units
  double expected_part_ = 0, expected_rest_ = 0;  // of those that are left
  Bound upper_, lower_;
  int64_t draws_, seen_ = 0, next_round_ = 0, next_look_ = 8;
  double high_ = 1;                                        // no ratio above is believed any more
  double variance_ = 0, squares_ = 0, large_squares_ = 0;  // of (1 - r) z_part - r z_rest
  Extremes expected_;
};

}  // namespace tf_injector::detail
