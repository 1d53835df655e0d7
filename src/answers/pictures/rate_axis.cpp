#include "answers/pictures/rate_axis.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

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
  const double top = std::ceil(std::log10(highest) - 1e-9);
  low_ = std::max(std::floor(std::log10(least) + 1e-9), top - kMostDecades);
  high_ = top;
  add_logarithmic_ticks();
}

double RateAxis::at(double rate) const noexcept {
  if (!(rate > 0)) return 0;
  if (!logarithmic_) return std::min(rate / high_, 1.0);
  const double share = (std::log10(rate) - low_) / (high_ - low_);
  return std::clamp(kZeroShare + (1 - kZeroShare) * share, kZeroShare / 2, 1.0);
}

void RateAxis::add_linear_ticks(double highest) {
  if (highest <= 0) highest = 0.01;
  const double unit = std::pow(10.0, std::floor(std::log10(highest / 4)));
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
  for (double decade = low_; decade <= high_ + 0.5; ++decade)
    ticks_.push_back({.at = at(std::pow(10.0, decade)), .label = tick_label(std::pow(10.0, decade))});
}

}  // namespace tf_injector::detail
