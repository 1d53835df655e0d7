// Powers of ten and logarithms that have the same bits with every C library: so do pages and pictures.
#pragma once

namespace tf_injector::detail {

// The double nearest to 10^exponent, -22 to 22.
[[nodiscard]] double power_of_ten(int exponent);
// The largest e, -22 to 22, for which power_of_ten(e) is not above `number`, which is above 0; else -22.
[[nodiscard]] int decade_of(double number);
// Of a number above 0 that is not subnormal.
[[nodiscard]] double decimal_log(double number);

}  // namespace tf_injector::detail
