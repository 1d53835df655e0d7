#include "kernels/ref/eigen_math.hpp"

#include <array>
#include <bit>

#include "core/elementary.hpp"

namespace tf_injector::detail::ref {
namespace {

// A number as the unevaluated sum of two floats, for Eigen's pow.
struct Double {
  float high = 0.0f, low = 0.0f;
};

Double fast_two_sum(float x, float y) {
  const float high = x + y;
  return {high, y - (high - x)};
}

Double fast_two_sum(Double x, Double y) {
  const Double r = fast_two_sum(x.high, y.high);
  return fast_two_sum(r.high, (y.low + r.low) + x.low);
}

Double two_sum(Double x, Double y) {
  const bool first = std::fabs(y.high) < std::fabs(x.high);
  const Double r = first ? fast_two_sum(x.high, y.high) : fast_two_sum(y.high, x.high);
  const float s = first ? (y.low + r.low) + x.low : (x.low + r.low) + y.low;
  return fast_two_sum(r.high, s);
}

Double split(float x) {
  const float gamma = 4097.0f * x;  // 2^12 + 1
  const float rho = x - gamma;
  const float high = rho + gamma;
  return {high, x - high};
}

Double two_product(float x, float y) {
  const Double a = split(x), b = split(y);
  const float high = x * y;
  float low = mul_add(a.high, b.high, -high);
  low = mul_add(a.high, b.low, low);
  low = mul_add(a.low, b.high, low);
  return {high, mul_add(a.low, b.low, low)};
}

Double two_product(Double x, float y) {
  const Double c = two_product(x.high, y);
  const Double t = fast_two_sum(c.high, x.low * y);
  return fast_two_sum(t.high, t.low + c.low);
}

// accurate_log2<float>, for 1/sqrt(2) ... sqrt(2)
Double accurate_log2(float z) {
  const float x = z - 1.0f, x2 = x * x;
  float even = mul_add(9.703654795885e-2f, x2, 0.1720575392246f);
  even = mul_add(even, x2, 0.2050433009862f);
  even = mul_add(even, x2, 0.2885761857032f);
  float odd = mul_add(-0.1690667718648f, x2, -0.1789081543684f);
  odd = mul_add(odd, x2, -0.2404672354459f);
  Double q = fast_two_sum({-0.360674142838f, -6.13283912543e-09f}, two_product(mul_add(odd, x, even), x));
  q = fast_two_sum({0.480897903442f, -1.44861207474e-08f}, two_product(q, x));
  q = fast_two_sum({-0.721347510815f, -4.84483164698e-09f}, two_product(q, x));
  q = fast_two_sum({1.44269502163f, 2.01711713999e-08f}, two_product(q, x));
  return two_product(q, x);
}

// fast_accurate_exp2<float>, for -0.5 ... 0.5
float accurate_exp2(float x) {
  const float x2 = x * x;
  float even = mul_add(1.539513905e-4f, x2, 9.618283249e-3f);
  const float odd = mul_add(1.340007293e-3f, x2, 5.550328270e-2f);
  even = mul_add(even, x2, 0.2402264923f);
  const Double q1 = two_sum(two_product(mul_add(odd, x, even), x), {0.6931471825f, 2.36836577e-08f});
  const Double q2 = two_product(q1, x);
  const Double q3 = fast_two_sum(1.0f, q2.high);
  return q3.high + (q2.low + q3.low);
}

// generic_pow_impl(x, 3), for finite normal numbers above zero
float cube_of_positive(float x) {
  constexpr float kPower = 3.0f;
  float e = static_cast<float>(static_cast<int>(float_bits(x) >> 23) - 126);
  float m = bits_float((float_bits(x) & 0x007FFFFFu) | 0x3F000000u);
  if (m < 0.70710678118654752440f) {
    m = 2.0f * m;
    e = e - 1.0f;
  }
  const Double f = fast_two_sum(two_product(e, kPower), two_product(accurate_log2(m), kPower));
  // round() rounds halves away from zero
  float n = std::round(f.high);
  float r = (f.high - n) + f.low;
  const float more = std::round(r);
  r = r - more;
  n = n + more;
  const int exponent = static_cast<int>(std::fmin(std::fmax(n, -278.0f), 278.0f));
  const int quarter = exponent >> 2;
  const float c = power_of_two(quarter);
  return accurate_exp2(r) * c * c * c * power_of_two(exponent - 3 * quarter);
}

}  // namespace

float library_exp(float x) {
  constexpr double kInverse = 0x1.71547652b82fep+0 * 32;
  constexpr double kC0 = 0x1.c6af84b912394p-5 / 32 / 32 / 32, kC1 = 0x1.ebfce50fac4f3p-3 / 32 / 32,
                   kC2 = 0x1.62e42ff0c52d6p-1 / 32;
  if (is_nan(x)) return x;
  if (x > 0x1.62e42ep6f) return HUGE_VALF;  // log(2^128)
  if (x < -0x1.9fe368p6f) return 0.0f;      // log(2^-150)
  const double z = kInverse * static_cast<double>(x);
  const double k = std::nearbyint(z);
  const double r = z - k;
  const auto n = static_cast<int64_t>(k);
  const double s = std::ldexp(power_of_two_of_32nds(static_cast<int>(n & 31)), static_cast<int>(n >> 5));
  const double y = (kC0 * r + kC1) * (r * r) + (kC2 * r + 1.0);
  return flushed(static_cast<float>(y * s));
}

float library_log(float x) {
  // For each sixteenth of 0.6992 ... 1.3984 the reciprocal of a number c in its middle, and log(c).
  struct Piece {
    double reciprocal, log;
  };
  static constexpr Piece kPieces[16] = {
      {0x1.661ec79f8f3bep+0, -0x1.57bf7808caadep-2}, {0x1.571ed4aaf883dp+0, -0x1.2bef0a7c06ddbp-2},
      {0x1.49539f0f010bp+0, -0x1.01eae7f513a67p-2},  {0x1.3c995b0b80385p+0, -0x1.b31d8a68224e9p-3},
      {0x1.30d190c8864a5p+0, -0x1.6574f0ac07758p-3}, {0x1.25e227b0b8eap+0, -0x1.1aa2bc79c81p-3},
      {0x1.1bb4a4a1a343fp+0, -0x1.a4e76ce8c0e5ep-4}, {0x1.12358f08ae5bap+0, -0x1.1973c5a611cccp-4},
      {0x1.0953f419900a7p+0, -0x1.252f438e10c1ep-5}, {1.0, 0.0},
      {0x1.e608cfd9a47acp-1, 0x1.aa5aa5df25984p-5},  {0x1.ca4b31f026aap-1, 0x1.c5e53aa362eb4p-4},
      {0x1.b2036576afce6p-1, 0x1.526e57720db08p-3},  {0x1.9c2d163a1aa2dp-1, 0x1.bc2860d22477p-3},
      {0x1.886e6037841edp-1, 0x1.1058bc8a07ee1p-2},  {0x1.767dcf5534862p-1, 0x1.4043057b6ee09p-2}};
  constexpr uint32_t kFirst = 0x3f330000;
  if (is_nan(x) || x < 0.0f) return bits_float(kCanonicalNan);
  if (flushed(x) == 0.0f) return -HUGE_VALF;
  if (x == HUGE_VALF || x == 1.0f) return x == 1.0f ? 0.0f : x;
  const uint32_t above = float_bits(x) - kFirst;
  const Piece& piece = kPieces[(above >> 19) & 15];
  const double z = static_cast<double>(bits_float(float_bits(x) - (above & 0xff800000u)));
  const double r = z * piece.reciprocal - 1.0;
  const double y0 = piece.log + static_cast<double>(static_cast<int32_t>(above) >> 23) * 0x1.62e42fefa39efp-1;
  const double r2 = r * r;
  double y = 0x1.5575b0be00b6ap-2 * r + -0x1.ffffef20a4123p-2;
  y = -0x1.00ea348b88334p-2 * r2 + y;
  y = y * r2 + (y0 + r);
  return static_cast<float>(y);
}

float eigen_rsqrt(float x) {
  if (is_nan(x) || x < 0.0f) return bits_float(kCanonicalNan);
  if (flushed(x) == 0.0f) return std::copysign(HUGE_VALF, x);
  if (x == HUGE_VALF) return 0.0f;
  // exponent -1 or 0, the lowest 13 bits of the mantissa replaced by their middle
  const auto biased = static_cast<int>(float_bits(x) >> 23);
  const int parity = biased & 1;
  const uint32_t bits =
      (static_cast<uint32_t>(126 + parity) << 23) | (float_bits(x) & 0x007FE000u) | 0x00001000u;
  const double unit = parity == 0 ? 4096.0 : 8192.0;
  const double rough = std::nearbyint(unit / std::sqrt(static_cast<double>(bits_float(bits)))) / unit;
  const float y = static_cast<float>(std::ldexp(rough, -(biased - 126 - parity) / 2));
  const float step = (x * y) * y + -1.0f;
  return step * (-0.5f * y) + y;
}

float eigen_cube(float x) {
  if (x == 1.0f || !is_finite(x) || flushed(x) == 0.0f) return flushed(x);
  const float magnitude = cube_of_positive(std::fabs(x));
  return x < 0.0f ? -magnitude : magnitude;
}

}  // namespace tf_injector::detail::ref
