// Batch normalisation, add and activation on their own: the epilogue applied to an array of rows x channels.
#if defined(TFI_SIMD_ELEMENTWISE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_ELEMENTWISE_INL
#undef TFI_SIMD_ELEMENTWISE_INL
#else
#define TFI_SIMD_ELEMENTWISE_INL
#endif

#include "kernels/simd/epilogue-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

inline void elementwise(const ElementwiseCall& call) {
  for (int64_t r = 0; r < call.rows; ++r) {
    for (int32_t c = 0; c < call.channels; c += kLanes) {
      const int64_t at = r * call.channels + c;
      const Vec v = finish(call.epilogue, hn::LoadU(kFloats, call.in + at), c, at);
      store_lanes(v, call.out + at, call.channels - c);
    }
  }
}

inline void squares(const float* values, int64_t rows, int32_t channels, float* sums) {
  const Floats d;
  for (int64_t r = 0; r < rows; ++r, values += channels) {
    Vec sum = hn::Zero(d);
    int32_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      const Vec v = hn::LoadU(d, values + c);
      sum = hn::MulAdd(v, v, sum);
    }
    sums[r] = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; c < channels; ++c) sums[r] += values[c] * values[c];
  }
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
