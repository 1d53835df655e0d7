// exp, log, tanh, erf and similar functions as TensorFlow computes them: Eigen's polynomials on vectors of
// eight floats, without fused multiply-add, so that every product and every sum is rounded. docs/numerics.md,
// "Functions of one element", says how that was found.
#pragma once

#include <cmath>
#include <cstdint>

#include "core/bits.hpp"

namespace tf_injector::detail::ref {

// a * b + c, rounded twice.
inline float mul_add(float a, float b, float c) { return a * b + c; }

// Denormals become zeros with their sign, independent of the CPU's mode, as minps and maxps flush them.
inline float flushed(float x) {
  constexpr float kSmallestNormal = 1.17549435e-38f;
  return std::fabs(x) < kSmallestNormal ? std::copysign(0.0f, x) : x;
}

inline float power_of_two(int exponent) { return bits_float(static_cast<uint32_t>(exponent + 127) << 23); }

// pexp_float
inline float eigen_exp(float x) {
  constexpr float kHighest = 88.723f, kLowest = -104.0f;
  if (x < kLowest) return 0.0f;
  if (is_nan(x)) return x;
  const float clamped = kHighest < x ? kHighest : x;
  const float m = std::floor(mul_add(clamped, 1.44269504088896341f, 0.5f));
  float r = mul_add(m, -0.693359375f, clamped);
  r = mul_add(m, 2.12194440e-4f, r);
  const float r2 = r * r;
  float even = mul_add(r2, 1.37449637986719608306884765625e-3f, 4.166965186595916748046875e-2f);
  const float odd = mul_add(r2, 8.36894474923610687255859375e-3f, 0.16666518151760101318359375f);
  even = mul_add(r2, even, 0.49999988079071044921875f);
  float y = mul_add(r, odd, even);
  y = mul_add(r2, y, r + 1.0f);
  // 2^m in two steps: m reaches from -150 to 128.
  const int exponent = static_cast<int>(m), half = exponent >> 1;
  y = y * power_of_two(half) * power_of_two(exponent - half);
  return y < x ? x : y;  // exp(Inf)
}

// The C library's expf (glibc 2.27 and later), which Eigen calls for what is left over behind the last eight
// elements.
float library_exp(float x);

// The C library's logf (glibc 2.27 and later), for the same.
float library_log(float x);

// scalar_logistic_op of TensorFlow 2.14, given e = exp(x)
inline float logistic_of(float e) { return e == HUGE_VALF ? 1.0f : e / (1.0f + e); }

// scalar_logistic_op of TensorFlow 2.21, on vectors: exp(x / 2) by a shorter polynomial, squared
inline float eigen_logistic_2_21(float x) {
  constexpr float kHighest = 16.6355324f, kLowest = -104.0f;
  if (x < kLowest) return 0.0f;
  if (is_nan(x)) return x;
  const float half = (kHighest < x ? kHighest : x) * 0.5f;
  const float m = std::floor(mul_add(half, 1.44269504088896341f, 0.5f));
  float r = mul_add(m, -0.693359375f, half);
  r = mul_add(m, 2.12194440e-4f, r);
  const float r2 = r * r;
  const float even = mul_add(r2, 4.1898667812347412109375e-2f, 0.49999141693115234375f);
  const float odd = mul_add(r2, 8.33471305668354034423828125e-3f, 0.16666877269744873046875f);
  float p = mul_add(r, odd, even);
  p = mul_add(r2, p, r + 1.0f);
  float e = p * power_of_two(static_cast<int>(m));
  e = e * e;
  return e / (1.0f + e);
}

// The same behind the last eight elements, by the C library.
inline float library_logistic_2_21(float x) {
  constexpr float kHighest = 16.6355324f;
  const float e = library_exp(kHighest < x ? kHighest : x);
  return e / (1.0f + e);
}

// ptanh_float of TensorFlow 2.21
inline float eigen_tanh_2_21(float x) {
  constexpr float kClamp = 7.90738964080810547f;
  float c = kClamp < x ? kClamp : x;
  c = c < -kClamp ? -kClamp : c;
  const float x2 = c * c, x3 = x2 * c;
  float p = mul_add(1.394553628e-8f, x2, 2.102733560e-5f);
  p = mul_add(p, x2, 3.520756727e-3f);
  p = mul_add(p, x2, 1.340216100e-1f);
  float q = mul_add(8.015776984e-7f, x2, 3.326951409e-4f);
  q = mul_add(q, x2, 2.597254514e-2f);
  q = mul_add(q, x2, 4.673548340e-1f);
  q = mul_add(q, x2, 1.0f);
  return mul_add(x3, p, c) / q;
}

// generic_fast_tanh_float of TensorFlow 2.14
inline float eigen_tanh(float x) {
  constexpr float kClamp = 7.90531110763549805f, kTiny = 0.0004f;
  float c = flushed(x);
  c = kClamp < c ? kClamp : c;
  c = c < -kClamp ? -kClamp : c;
  if (std::fabs(c) < kTiny) return c;
  const float x2 = c * c;
  float p = mul_add(x2, -2.76076847742355e-16f, 2.00018790482477e-13f);
  p = mul_add(x2, p, -8.60467152213735e-11f);
  p = mul_add(x2, p, 5.12229709037114e-08f);
  p = mul_add(x2, p, 1.48572235717979e-05f);
  p = mul_add(x2, p, 6.37261928875436e-04f);
  p = mul_add(x2, p, 4.89352455891786e-03f);
  p = c * p;
  float q = mul_add(x2, 1.19825839466702e-06f, 1.18534705686654e-04f);
  q = mul_add(x2, q, 2.26843463243900e-03f);
  q = mul_add(x2, q, 4.89352518554385e-03f);
  return p / q;
}

// generic_fast_erf_float
inline float eigen_erf(float x) {
  if (3.832506856900711f <= std::fabs(x)) return x < 0.0f ? -1.0f : 1.0f;
  const float x2 = x * x;
  float p = mul_add(x2, 0.00022905065861350646f, 0.0034082910107109506f);
  p = mul_add(x2, p, 0.050955695062380861f);
  p = mul_add(x2, p, 0.18520832239976145f);
  p = mul_add(x2, p, 1.128379143519084f);
  p = x * p;
  float q = mul_add(x2, -1.1791602954361697e-7f, 0.000023547966471313185f);
  q = mul_add(x2, q, 0.0010179625278914885f);
  q = mul_add(x2, q, 0.014070470171167667f);
  q = mul_add(x2, q, 0.11098505178285362f);
  q = mul_add(x2, q, 0.49746925110067538f);
  q = mul_add(x2, q, 1.0f);
  return p / q;
}

// plog_impl_float
inline float eigen_log(float x) {
  if (is_nan(x) || x < 0.0f) return bits_float(kCanonicalNan);
  if (flushed(x) == 0.0f) return -HUGE_VALF;
  if (x == HUGE_VALF) return x;
  float e = static_cast<float>(static_cast<int>(float_bits(x) >> 23) - 126);
  float m = bits_float((float_bits(x) & 0x007FFFFFu) | 0x3F000000u);  // 0.5 ... 1
  const bool low = m < 0.707106781186547524f;
  const float again = low ? m : 0.0f;
  m = (m - 1.0f) + again;
  e = e - (low ? 1.0f : 0.0f);
  float p = mul_add(m, 0.18256296349849254f, 1.0000000190281063f);
  p = mul_add(m, p, 1.0000000190281136f);
  p = m * p;
  float q = mul_add(m, 0.049616247954120038f, 0.59923249590823520f);
  q = mul_add(m, q, 1.4999999999999927f);
  q = mul_add(m, q, 1.0f);
  return mul_add(e, 0.693147180559945309f, p / q);
}

// generic_plog1p, for numbers from zero on
inline float eigen_log1p(float x) {
  const float above = x + 1.0f;
  return above == 1.0f ? x : x * (eigen_log(above) / (above - 1.0f));
}

// log(epsilon) + 2: softplus is computed between this value and its negative
inline constexpr float kSoftplusThreshold = -13.9423847f;

// prsqrt: rsqrtps as Intel's CPUs compute it (the reciprocal root of the centre of 2^13 neighbouring floats,
// with 12 fractional bits), then one Newton step.
float eigen_rsqrt(float x);

// generic_pow(x, 3)
float eigen_cube(float x);

// The sum over the last axis of a tensor, value(0) ... value(n - 1) (InnerMostDimReducer). Groups of four
// vectors of eight values are added to four sums per lane, which are then added from the left; the remaining
// vectors are added to the result; its lanes are reduced in halves. The remaining values are summed in order,
// and that sum comes first in the final addition.
template <class Value>
float eigen_row_sum(int64_t n, Value value) {
  constexpr int64_t kLanes = 8, kSums = 4;
  float lanes[kSums][kLanes] = {};
  const int64_t in_fours = n / (kSums * kLanes) * (kSums * kLanes), in_vectors = n / kLanes * kLanes;
  for (int64_t i = 0; i < in_fours; ++i) {
    float& sum = lanes[i / kLanes % kSums][i % kLanes];
    sum = sum + value(i);
  }
  for (int64_t s = 1; s < kSums; ++s) {
    for (int64_t l = 0; l < kLanes; ++l) lanes[0][l] = lanes[0][l] + lanes[s][l];
  }
  for (int64_t i = in_fours; i < in_vectors; ++i) lanes[0][i % kLanes] = lanes[0][i % kLanes] + value(i);
  const float* v = lanes[0];
  const float joined = ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
  float rest = 0.0f;
  for (int64_t i = in_vectors; i < n; ++i) rest = rest + value(i);
  return rest + joined;
}

// The same for rows of any length; the first value has the index `first` in the batch. Long rows are split in
// two recursively, so that the second part begins at a multiple of eight in the batch. sum(from, count) sums
// a part.
template <class Sum>
float eigen_cut_sum(int64_t first, int64_t n, Sum sum, int64_t from = 0) {
  constexpr int64_t kLongest = 8 * 1024;
  if (n <= kLongest) return sum(from, n);
  const int64_t left = (first + (n + 1) / 2 + 7) / 8 * 8 - first;
  return eigen_cut_sum(first, left, sum, from) + eigen_cut_sum(first + left, n - left, sum, from + left);
}

}  // namespace tf_injector::detail::ref
