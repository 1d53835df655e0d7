#include <algorithm>
#include <cmath>

#include "core/bits.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

// oneDNN's softmax for AVX-512: element i is in lane i mod 16 of sixteen, and lanes are reduced in halves.
// Maxima and minima are those of x86: with a NaN the result is the second operand.
namespace tf_injector::detail::ref {
namespace {

constexpr int64_t kLanes = 16;

float first_or(float a, float b) { return a > b ? a : b; }  // vmaxps a, b

// oneDNN's exp (jit_uni_eltwise_injector), with fused multiply-adds.
float exp_of(float x) {
  const float lowest = bits_float(0xC2AEAC50u), highest = bits_float(0x42B17218u);  // range of finite results
  const bool is_zero = x < lowest;
  float r = x < highest ? x : highest;
  r = first_or(r, lowest);
  const float n = std::floor(r * bits_float(0x3FB8AA3Bu) + 0.5f);
  r = std::fma(-n, bits_float(0x3F317218u), r);
  const auto exponent = static_cast<uint32_t>(static_cast<int>(n - 1.0f) + 127);
  const float scale = is_zero ? 0.0f : bits_float(exponent << 23);
  float y = bits_float(0x3C07CFCEu);
  y = std::fma(y, r, bits_float(0x3D2B9D0Du));
  y = std::fma(y, r, bits_float(0x3E2AAD40u));
  y = std::fma(y, r, bits_float(0x3EFFFEE3u));
  y = std::fma(y, r, bits_float(0x3F7FFFFBu));
  y = std::fma(y, r, 1.0f);
  return (y * scale) * 2.0f;
}

// Reduces all lanes in halves; every lane ends with its own order of operands.
template <class Join>
void join_lanes(float* lanes, Join join) {
  for (int64_t distance = kLanes / 2; distance > 0; distance /= 2) {
    float joined[kLanes];
    for (int64_t l = 0; l < kLanes; ++l) joined[l] = join(lanes[l], lanes[l ^ distance]);
    std::copy_n(joined, kLanes, lanes);
  }
}

}  // namespace

TFI_VECTORIZE void softmax(int64_t classes, const float* in, float* out, int64_t rows) {
  for (int64_t row = 0; row < rows; ++row) {
    const float* x = in + row * classes;
    float* y = out + row * classes;
    float largest[kLanes], sum[kLanes] = {};
    std::fill_n(largest, kLanes, -3.40282347e+38f);
    for (int64_t i = 0; i < classes; ++i) largest[i % kLanes] = first_or(largest[i % kLanes], x[i]);
    join_lanes(largest, first_or);
    for (int64_t i = 0; i < classes; ++i) {
      y[i] = exp_of(x[i] - largest[i % kLanes]);
      sum[i % kLanes] = sum[i % kLanes] + y[i];
    }
    join_lanes(sum, [](float a, float b) { return a + b; });
    for (int64_t i = 0; i < classes; ++i) y[i] = y[i] * (1.0f / sum[i % kLanes]);
  }
}

}  // namespace tf_injector::detail::ref
