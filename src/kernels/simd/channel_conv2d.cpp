// Convolution of one filter per channel, vectors across the channels.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/channel_conv2d.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/channel_sums-inl.hpp"
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// One output position: all its channels.
HWY_INLINE void channel_conv2d_position(const ChannelConvCall& call, const PositionClass& positions,
                                        const float* const* in, int64_t out) {
  const Floats d;
  for (int32_t c = 0; c < call.channels; c += kLanes) {
    const auto x = [&](int32_t t) { return hn::LoadU(d, in[t] + c); };
    const auto w = [&](int32_t t) {
      return hn::Load(d, call.weights + positions.tap[t] * call.weights_stride + c);
    };
    const Vec sum = call.in_lanes ? lane_sum(positions.taps, x, w) : chain_sum(positions.taps, x, w);
    store_lanes(finish(call.epilogue, sum, c, out + c), call.out + out + c, call.channels - c);
  }
}

void channel_conv2d(const ChannelConvCall& call) {
  const float* in[kMostChannelTaps];
  for (int32_t n = 0; n < call.images; ++n) {
    const float* image = call.in + n * call.in_image;
    for (const PositionClass& positions : call.classes) {
      for (int32_t p = 0; p < positions.positions; ++p) {
        const int32_t* offsets = positions.input + static_cast<int64_t>(p) * positions.taps;
        for (int32_t t = 0; t < positions.taps; ++t)
          in[t] = offsets[t] == kOutside ? call.zeros : image + offsets[t];
        channel_conv2d_position(
            call, positions, in,
            n * call.out_image + static_cast<int64_t>(positions.output[p]) * call.channels);
      }
    }
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
