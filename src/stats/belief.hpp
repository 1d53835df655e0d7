// What is expected of values between 0 and 1: a belief of before, and those that were seen.
#pragma once

#include <algorithm>

namespace tf_injector::detail {

class Belief {
 public:
  Belief() = default;
  Belief(double mean, double variance) : mean_(mean), variance_(variance) {}

  void add(double value) noexcept {
    seen_ += 1;
    sum_ += value;
    squares_ += value * value;
  }
  [[nodiscard]] double mean() const noexcept { return (sum_ + kWeight * mean_) / (seen_ + kWeight); }
  // Around mean(); never 0, as what was not seen may differ.
  [[nodiscard]] double variance() const noexcept {
    const double x = mean(), squares = squares_ - 2 * x * sum_ + seen_ * x * x;
    return std::max((squares + kWeight * variance_) / (seen_ + kWeight), kLeastVariance);
  }

 private:
  static constexpr double kWeight = 3;  // values that the belief of before counts as
  static constexpr double kLeastVariance = 1e-5;
  double mean_ = 0.5, variance_ = 0.1;
  double seen_ = 0, sum_ = 0, squares_ = 0;
};

}  // namespace tf_injector::detail
