#include "answers/pictures/rate_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "answers/powers_of_ten.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kLogarithmicFrom = 30;  // the largest rate over the smallest that is not 0
constexpr double kMostDecades = 5;
constexpr double kZeroShare = 0.08;  // of a logarithmic axis, between the place of 0 and its first tick

// "0.01 %", "20 %"
std::string tick_label(double rate) { return fmt::format("{:.6g} %", 100 * rate); }

}  // namespace

RateAxis::RateAxis(std::span<const double> rates, double highest) {
  double least = 2, most = 0;
  for (const double rate : rates) {
    if (rate > 0) least = std::min(least, rate);
    most = std::max(most, rate);
  }
  highest = std::clamp(std::max(most, highest), 0.0, 1.0);
  logarithmic_ = most > 0 && most / least >= kLogarithmicFrom;
  if (!logarithmic_) {
    add_linear_ticks(highest);
    return;
  }
  const int decade = decade_of(highest);
  high_ = power_of_ten(decade) == highest ? decade : decade + 1;
  low_ = std::max<double>(decade_of(least), high_ - kMostDecades);
  add_logarithmic_ticks();
}

double RateAxis::at(double rate) const noexcept {
  if (!(rate > 0)) return 0;
  if (!logarithmic_) return std::min(rate / high_, 1.0);
  const double share = (decimal_log(rate) - low_) / (high_ - low_);
  return std::clamp(kZeroShare + (1 - kZeroShare) * share, kZeroShare / 2, 1.0);
}

void RateAxis::add_linear_ticks(double highest) {
  if (highest <= 0) highest = 0.01;
  const double unit = power_of_ten(decade_of(highest / 4));
  double step = 10 * unit;
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * unit * 4 >= highest * 0.999) {
      step = factor * unit;
      break;
    }
  }
  const double count = std::ceil(highest / step - 1e-6);
  high_ = count * step;
  for (int i = 0; i <= static_cast<int>(count); ++i)
    ticks_.push_back({.at = at(i * step), .label = tick_label(i * step)});
}

void RateAxis::add_logarithmic_ticks() {
  ticks_.push_back({.at = 0, .label = "0"});
  for (int decade = static_cast<int>(low_); decade <= static_cast<int>(high_); ++decade)
    ticks_.push_back({.at = at(power_of_ten(decade)), .label = tick_label(power_of_ten(decade))});
}

}  // namespace tf_injector::detail
