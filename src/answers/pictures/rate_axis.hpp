// An axis of rates: linear, or logarithmic where they are of several orders of magnitude.
#pragma once

#include <span>
#include <string>
#include <vector>

namespace tf_injector::detail {

class RateAxis {
 public:
  struct Tick {
    double at = 0;  // from 0 to 1 along the axis
    std::string label;
  };

  // `rates` decide between linear and logarithmic; the axis also reaches `highest`. All from 0 to 1.
  RateAxis(std::span<const double> rates, double highest);

  [[nodiscard]] bool is_logarithmic() const noexcept { return logarithmic_; }
  // From 0 to 1. On a logarithmic axis a rate of 0 has a place of its own, at the beginning.
  [[nodiscard]] double at(double rate) const noexcept;
  [[nodiscard]] const std::vector<Tick>& ticks() const noexcept { return ticks_; }

 private:
  void add_linear_ticks(double highest);
  void add_logarithmic_ticks();

  bool logarithmic_ = false;
  double low_ = 0, high_ = 1;
  std::vector<Tick> ticks_;
};

}  // namespace tf_injector::detail
