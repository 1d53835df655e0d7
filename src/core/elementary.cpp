#include "core/elementary.hpp"

#include <array>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace tf_injector::detail {
namespace {

// A number as the unevaluated sum of two doubles.
struct Pair {
  double high, low;
};

// 2^(i/32), both parts correctly rounded.
constexpr std::array<Pair, 32> kPowers = {{
    {1.0, 0.0},
    {0x1.059b0d3158574p+0, 0x1.d73e2a475b465p-55},
    {0x1.0b5586cf9890fp+0, 0x1.8a62e4adc610bp-54},
    {0x1.11301d0125b51p+0, -0x1.6c51039449b3ap-54},
    {0x1.172b83c7d517bp+0, -0x1.19041b9d78a76p-55},
    {0x1.1d4873168b9aap+0, 0x1.e016e00a2643cp-54},
    {0x1.2387a6e756238p+0, 0x1.9b07eb6c70573p-54},
    {0x1.29e9df51fdee1p+0, 0x1.612e8afad1255p-55},
    {0x1.306fe0a31b715p+0, 0x1.6f46ad23182e4p-55},
    {0x1.371a7373aa9cbp+0, -0x1.63aeabf42eae2p-54},
    {0x1.3dea64c123422p+0, 0x1.ada0911f09ebcp-55},
    {0x1.44e086061892dp+0, 0x1.89b7a04ef80dp-59},
    {0x1.4bfdad5362a27p+0, 0x1.d4397afec42e2p-56},
    {0x1.5342b569d4f82p+0, -0x1.07abe1db13cadp-55},
    {0x1.5ab07dd485429p+0, 0x1.6324c054647adp-54},
    {0x1.6247eb03a5585p+0, -0x1.383c17e40b497p-54},
    {0x1.6a09e667f3bcdp+0, -0x1.bdd3413b26456p-54},
    {0x1.71f75e8ec5f74p+0, -0x1.16e4786887a99p-55},
    {0x1.7a11473eb0187p+0, -0x1.41577ee04992fp-55},
    {0x1.82589994cce13p+0, -0x1.d4c1dd41532d8p-54},
    {0x1.8ace5422aa0dbp+0, 0x1.6e9f156864b27p-54},
    {0x1.93737b0cdc5e5p+0, -0x1.75fc781b57ebcp-57},
    {0x1.9c49182a3f09p+0, 0x1.c7c46b071f2bep-56},
    {0x1.a5503b23e255dp+0, -0x1.d2f6edb8d41e1p-54},
    {0x1.ae89f995ad3adp+0, 0x1.7a1cd345dcc81p-54},
    {0x1.b7f76f2fb5e47p+0, -0x1.5584f7e54ac3bp-56},
    {0x1.c199bdd85529cp+0, 0x1.11065895048ddp-55},
    {0x1.cb720dcef9069p+0, 0x1.503cbd1e949dbp-56},
    {0x1.d5818dcfba487p+0, 0x1.2ed02d75b3707p-55},
    {0x1.dfc97337b9b5fp+0, -0x1.1a5cd4f184b5cp-54},
    {0x1.ea4afa2a490dap+0, -0x1.e9c23179c2893p-54},
    {0x1.f50765b6e454p+0, 0x1.9d3e12dd8a18bp-54},
}};

// Exactly x * y (Veltkamp, Dekker).
Pair two_product(double x, double y) {
  constexpr double kSplit = 0x1p27 + 1.0;
  const double x_high = kSplit * x - (kSplit * x - x), x_low = x - x_high;
  const double y_high = kSplit * y - (kSplit * y - y), y_low = y - y_high;
  const double high = x * y;
  return {high, ((x_high * y_high - high) + x_high * y_low + x_low * y_high) + x_low * y_low};
}

// ln(z) = 2 artanh((z - 1) / (z + 1)), for sqrt(1/2) ... sqrt(2). z - 1 is exact.
Pair log_of(double z) {
  const double over = z - 1.0, under = z + 1.0, under_low = z - (under - 1.0);
  const double s = over / under;
  const Pair product = two_product(s, under);
  const double s_low = ((over - product.high) - product.low - s * under_low) / under;
  const double t = s * s;
  double sum = 1.0 / 25;
  for (int i = 23; i >= 3; i -= 2) sum = sum * t + 1.0 / i;
  return {2.0 * s, 2.0 * s_low + 2.0 * s * (t * sum)};
}

}  // namespace

double power_of_two_of_32nds(int i) noexcept { return kPowers[static_cast<size_t>(i)].high; }

// x = n ln(2) / 32 + r; the first part of ln(2) / 32 has so few bits that its products with n are exact.
double exp_of(double x) noexcept {
  constexpr double kInverse = 0x1.71547652b82fep+5, kHigh = 0x1.62e42fefap-6, kLow = 0x1.cf79abc9e3b3ap-45;
  if (std::isnan(x)) return x;
  if (x > 709.79) return std::numeric_limits<double>::infinity();
  if (x < -745.14) return 0.0;
  const double n = std::nearbyint(x * kInverse);
  const double r = (x - n * kHigh) - n * kLow;
  double p = 1.0 / 5040;
  for (const double factor : {1.0 / 720, 1.0 / 120, 1.0 / 24, 1.0 / 6, 1.0 / 2}) p = p * r + factor;
  p = r + r * r * p;
  const auto whole = static_cast<int>(n);
  const Pair& power = kPowers[static_cast<size_t>(whole & 31)];
  return std::ldexp(power.high + (power.low + power.high * p), whole >> 5);
}

// x = z 2^k, with z near 1.
double natural_log(double x) noexcept {
  constexpr double kHigh = 0x1.62e42fefa38p-1, kLow = 0x1.ef35793c7673p-45;  // of ln(2); k kHigh is exact
  constexpr uint64_t kSqrtHalf = 0x3fe6a09e667f3bcd;
  const auto bits = std::bit_cast<uint64_t>(x);
  const int64_t k = static_cast<int64_t>(bits - kSqrtHalf) >> 52;
  const Pair log = log_of(std::bit_cast<double>(bits - (static_cast<uint64_t>(k) << 52)));
  const double whole = static_cast<double>(k) * kHigh, high = whole + log.high;
  const double low = k == 0 ? 0.0 : log.high - (high - whole);
  return high + (low + (log.low + static_cast<double>(k) * kLow));
}

// 1 + x is exact up to 2^53.
double log1p_of(float x) noexcept {
  const auto d = static_cast<double>(x);
  if (std::isnan(x) || d == std::numeric_limits<double>::infinity()) return d;
  if (d <= -1.0) {
    return d == -1.0 ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::quiet_NaN();
  }
  if (std::fabs(d) < 0x1p-29) return d - d * d * 0.5;
  return natural_log(1.0 + d);
}

}  // namespace tf_injector::detail
