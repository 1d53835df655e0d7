// Maximum of a window, vectors across the channels.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/max_pooling.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/channel_sums-inl.hpp"
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

void max_pool(const MaxPoolCall& call) {
  const Floats d;
  float* out = call.out;
  for (int32_t n = 0; n < call.images; ++n) {
    const float* image = call.in + n * call.in_image;
    for (int32_t p = 0; p < call.positions; ++p, out += call.channels) {
      for (int32_t c = 0; c < call.channels; c += kLanes) {
        const auto x = [&](int32_t i) { return hn::LoadU(d, image + call.input[call.first[p] + i] + c); };
        store_lanes(largest(call.first[p + 1] - call.first[p], x), out + c, call.channels - c);
      }
    }
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
