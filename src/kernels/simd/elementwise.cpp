// Batch normalisation, add and activation on their own: the epilogue applied to an array of rows x channels.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/elementwise.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

void elementwise(const ElementwiseCall& call) {
  for (int64_t r = 0; r < call.rows; ++r) {
    for (int32_t c = 0; c < call.channels; c += kLanes) {
      const int64_t at = r * call.channels + c;
      const Vec v = finish(call.epilogue, hn::LoadU(kFloats, call.in + at), c, at);
      store_lanes(v, call.out + at, call.channels - c);
    }
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
