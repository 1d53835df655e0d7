// exp, log1p and log of our own: sums, products and quotients in double precision in a fixed order, so that
// they have the same bits with every C library. (sqrt, fma, floor, nearbyint, ldexp and the like are exact in
// all of them.)
#pragma once

namespace tf_injector::detail {

// e to the x, within 0.52 units in the last place; exactly 1 for 0, Infinity above 709.78, 0 below -745.13.
[[nodiscard]] double exp_of(double x) noexcept;

// The natural logarithm of 1 + x, within 0.52 units in the last place. -Infinity for -1, NaN below.
[[nodiscard]] double log1p_of(float x) noexcept;

// The natural logarithm, within 1 unit in the last place, of a number above 0 that is not subnormal.
[[nodiscard]] double natural_log(double x) noexcept;

// 2^(i/32) for i = 0 ... 31, correctly rounded.
[[nodiscard]] double power_of_two_of_32nds(int i) noexcept;

}  // namespace tf_injector::detail
