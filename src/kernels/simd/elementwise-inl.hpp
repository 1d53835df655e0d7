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

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
