// One end of an interval for a mean that stays valid however often it is looked at (a betting confidence
// sequence: Waudby-Smith and Ramdas, JRSS B 2024; Ville's inequality).
#pragma once

#include <cstddef>
#include <vector>

namespace tf_injector::detail {

// Whoever believes that the mean is mu and bets the fraction `bet` of the capital on every number z whose
// expectation is the mean, given all before, has on average no more than the capital 1 at any time. Values of
// mu for which the capital would have reached 1 / alpha are excluded; the truth is, ever, with a probability
// of at most alpha.
//
// The same bits on every machine: products, sums, quotients, and a logarithm of our own.
class BettingBound {
 public:
  enum class Side { upper, lower };  // the end that is bounded
  BettingBound(Side side, double alpha);

  // `bet` was fixed before z was known, and 1 -+ bet (z - mu) is positive for every mu that is not yet
  // excluded.
  void add(double z, double bet);
  // The bound now, between the ends that are known already; rounded outward by 1e-9.
  [[nodiscard]] double solve(double low, double high) const;
  [[nodiscard]] double log_threshold() const noexcept { return log_threshold_; }

 private:
  struct Slope {
    double log_capital, derivative;
  };
  [[nodiscard]] Slope at(double mu) const;

  double sign_;  // of (mu - z) in the factors
  double log_threshold_;
  std::vector<double> z_, bet_;
};

}  // namespace tf_injector::detail
