// Replay of convolutions of single channels: one output position for a pack of faults.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/channel_window.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/channel_sums-inl.hpp"
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

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

void channel_window(const ChannelWindowCall& call) {
  for (int32_t c = 0; c < call.channels; ++c) {
    for (int32_t v = 0; v < call.vectors; ++v)
      hn::Store(window_value(call, c, v), kFloats, call.sums + c * kWidth + v * kLanes);
  }
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
