// Numbers as readers want them: thousands grouped, percent with as many digits as the interval bears.
#pragma once

#include <cstdint>
#include <string>

#include "tf_injector/report_statistics.hpp"

namespace tf_injector::detail {

// "16,627", "-5".
[[nodiscard]] std::string grouped(int64_t number);

struct ShareText {
  std::string estimate, low, high;
};
// In percent, without the sign: {"1.28", "1.10", "1.46"}. The interval's half width is shown with two
// significant digits, an exact share with three. 0 and 100 stand for exactly none and all: ends that
// would round to them are "<0.01", ">99.99", and an estimate that would round to 0 has one significant digit.
[[nodiscard]] ShareText percent_text(const Share& share);
// The same without percent, thousands grouped: failure rates.
[[nodiscard]] ShareText amount_text(const Share& amount);
// "1.28", with three significant digits and no interval; the rest as above.
[[nodiscard]] std::string percent_text(double share);
// "[1.10, 1.46]".
[[nodiscard]] std::string interval_text(const ShareText& text);

// The N of "one fault in N": "1.4", "23", "1,200". "" for a share of 0.
[[nodiscard]] std::string one_in_text(double share);
// 0.99 -> "99 %", 0.999 -> "99.9 %".
[[nodiscard]] std::string confidence_text(double confidence);

}  // namespace tf_injector::detail
