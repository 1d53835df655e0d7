#include "answers/powers_of_ten.hpp"

#include <cstdlib>
#include <numbers>

#include "core/elementary.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kLargestExponent = 22;  // up to here powers of ten are doubles, and their inverses rounded once

}  // namespace

double power_of_ten(int exponent) {
  double power = 1;
  for (int i = 0; i < std::abs(exponent); ++i) power *= 10;
  return exponent < 0 ? 1 / power : power;
}

int decade_of(double number) {
  int decade = kLargestExponent;
  while (decade > -kLargestExponent && power_of_ten(decade) > number) --decade;
  return decade;
}

double decimal_log(double number) { return natural_log(number) / std::numbers::ln10; }

}  // namespace tf_injector::detail
