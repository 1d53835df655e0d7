// Sums and maxima of every channel alone, vectors across the channels.
#if defined(TFI_SIMD_CHANNEL_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_CHANNEL_SUMS_INL
#undef TFI_SIMD_CHANNEL_SUMS_INL
#else
#define TFI_SIMD_CHANNEL_SUMS_INL
#endif

#include <limits>

#include "kernels/simd/epilogue-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// ref::LaneSum's order of adding eight, four and two.
HWY_INLINE Vec sum_of_four(const Vec* v) { return hn::Add(hn::Add(v[0], v[1]), hn::Add(v[2], v[3])); }
HWY_INLINE Vec sum_of_eight(const Vec* v) {
  return hn::Add(hn::Add(hn::Add(v[0], v[1]), hn::Add(v[4], v[5])),
                 hn::Add(hn::Add(v[2], v[3]), hn::Add(v[6], v[7])));
}

// ref::LaneSum over `count` products; x(k) and w(k) load a vector of channels.
template <class X, class W>
HWY_INLINE Vec lane_sum(int32_t count, X x, W w) {
  Vec v[8];
  Vec total = hn::Zero(kFloats);
  int32_t k = 0;
  const int32_t chained = count - count % 16;
  if (chained > 0) {
    for (Vec& lane : v) lane = hn::Zero(kFloats);
    for (; k < chained; k += 8) {
      for (int i = 0; i < 8; ++i) v[i] = hn::MulAdd(x(k + i), w(k + i), v[i]);
    }
    total = hn::Add(total, sum_of_eight(v));
  }
  const auto products = [&](int n) {
    for (int i = 0; i < n; ++i) v[i] = hn::Mul(x(k + i), w(k + i));
    k += n;
  };
  if ((count & 8) != 0) {
    products(8);
    total = hn::Add(total, sum_of_eight(v));
  }
  if ((count & 4) != 0) {
    products(4);
    total = hn::Add(total, sum_of_four(v));
  }
  if ((count & 2) != 0) {
    products(2);
    total = hn::Add(total, hn::Add(v[0], v[1]));
  }
  if ((count & 1) != 0) {
    products(1);
    total = hn::Add(total, v[0]);
  }
  return total;
}

// One chain of fma over `count` products.
template <class X, class W>
HWY_INLINE Vec chain_sum(int32_t count, X x, W w) {
  Vec sum = hn::Zero(kFloats);
  for (int32_t k = 0; k < count; ++k) sum = hn::MulAdd(x(k), w(k), sum);
  return sum;
}

// Maxima: v > m ? v : m, from the lowest number on, so that NaN is passed over.
HWY_INLINE Vec nothing_yet() { return hn::Set(kFloats, std::numeric_limits<float>::lowest()); }
HWY_INLINE Vec larger(Vec v, Vec most) { return hn::IfThenElse(hn::Gt(v, most), v, most); }

template <class X>
HWY_INLINE Vec largest(int32_t count, X x) {
  Vec most = nothing_yet();
  for (int32_t k = 0; k < count; ++k) most = larger(x(k), most);
  return most;
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
