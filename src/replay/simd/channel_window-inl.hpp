// Replay of convolutions of single channels: one output position for a pack of faults.
#if defined(TFI_REPLAY_SIMD_CHANNEL_WINDOW_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_REPLAY_SIMD_CHANNEL_WINDOW_INL
#undef TFI_REPLAY_SIMD_CHANNEL_WINDOW_INL
#else
#define TFI_REPLAY_SIMD_CHANNEL_WINDOW_INL
#endif

#include "kernels/simd/channels-inl.hpp"
#include "replay/simd/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::replay::simd::HWY_NAMESPACE {

// One vector of faults of one channel.
HWY_INLINE Vec window_value(const ChannelWindowCall& call, int32_t channel, int32_t vector) {
  const Floats d;
  const auto x = [&](int32_t t) {
    return hn::LoadU(d, call.rows[t * call.channels + channel] + vector * kLanes);
  };
  const auto w = [&](int32_t t) { return hn::Set(d, call.weights[t][channel]); };
  if (call.in_lanes) return lane_sum(call.taps, x, w);
  return chain_sum(call.taps, x, w);
}

inline void channel_window(const ChannelWindowCall& call) {
  for (int32_t c = 0; c < call.channels; ++c) {
    for (int32_t v = 0; v < call.vectors; ++v)
      hn::Store(window_value(call, c, v), kFloats, call.sums + c * kWidth + v * kLanes);
  }
}

}  // namespace tf_injector::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
