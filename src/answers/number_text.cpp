#include "answers/number_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "answers/powers_of_ten.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kMostDecimals = 6;

// Decimals that show `size` with so many significant digits.
int decimals_for(double size, int significant) {
  if (!(size > 0) || !std::isfinite(size)) return 0;
  return std::clamp(significant - 1 - decade_of(size), 0, kMostDecimals);
}

// An estimate bears no more digits than its interval; one that has none is exact.
int decimals_of(const Share& share, double unit) {
  const double half_width = (share.high - share.low) / 2;
  return half_width > 0 ? decimals_for(half_width * unit, 2) : decimals_for(share.estimate * unit, 3);
}

std::string percent_with(double share, int decimals) {
  if (!(share > 0)) return "0";
  if (share >= 1) return "100";
  const double step = power_of_ten(-decimals);
  const double percent = 100 * share;
  if (percent < step / 2) return fmt::format("<{:.{}f}", step, decimals);
  if (percent > 100 - step / 2) return fmt::format(">{:.{}f}", 100 - step, decimals);
  return fmt::format("{:.{}f}", percent, decimals);
}

// One that would round to 0 has one significant digit.
std::string estimate_with(double share, int decimals) {
  const bool is_small = 100 * share < power_of_ten(-decimals) / 2;
  return percent_with(share, is_small ? decimals_for(100 * share, 1) : decimals);
}

std::string with_groups(std::string digits) {
  const size_t begin = !digits.empty() && digits[0] == '-' ? 1 : 0;
  size_t at = std::min(digits.find('.'), digits.size());
  while (at > begin + 3) digits.insert(at -= 3, ",");
  return digits;
}

}  // namespace

std::string grouped(int64_t number) { return with_groups(std::to_string(number)); }

ShareText percent_text(const Share& share) {
  const int decimals = decimals_of(share, 100);
  return {estimate_with(share.estimate, decimals), percent_with(share.low, decimals),
          percent_with(share.high, decimals)};
}

ShareText amount_text(const Share& amount) {
  const int decimals = decimals_of(amount, 1);
  const auto text = [&](double value) { return with_groups(fmt::format("{:.{}f}", value, decimals)); };
  return {text(amount.estimate), text(amount.low), text(amount.high)};
}

std::string percent_text(double share) { return percent_with(share, decimals_for(100 * share, 3)); }

std::string interval_text(const ShareText& text) { return "[" + text.low + ", " + text.high + "]"; }

std::string one_in_text(double share) {
  if (!(share > 0)) return "";
  const double faults = 1 / share;
  if (faults < 9.95) return fmt::format("{:.1f}", faults);
  const double step = std::max(1.0, power_of_ten(decade_of(faults) - 2));
  return with_groups(fmt::format("{:.0f}", std::round(faults / step) * step));
}

std::string confidence_text(double confidence) { return fmt::format("{:.6g} %", 100 * confidence); }

}  // namespace tf_injector::detail
