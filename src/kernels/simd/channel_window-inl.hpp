// Replay of ops that work on every channel alone: one output position for a pack of faults.
#if defined(TFI_SIMD_CHANNEL_WINDOW_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_CHANNEL_WINDOW_INL
#undef TFI_SIMD_CHANNEL_WINDOW_INL
#else
#define TFI_SIMD_CHANNEL_WINDOW_INL
#endif

#include "kernels/simd/channels-inl.hpp"
#include "kernels/simd/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

// One vector of faults of one channel: a convolution.
HWY_INLINE Vec window_value(const ChannelWindowCall& call, int32_t channel, int32_t vector) {
  const Floats d;
  const auto x = [&](int32_t t) {
    return hn::LoadU(d, call.rows[t * call.channels + channel] + vector * kLanes);
  };
  const auto w = [&](int32_t t) { return hn::Set(d, call.weights[t][channel]); };
  if (call.sum == WindowSum::lanes) return lane_sum(call.taps, x, w);
  return chain_sum(call.taps, x, w);
}

// Every channel's maxima, V vectors of faults: the place of a row is read once.
template <int V>
HWY_NOINLINE void window_maxima(const ChannelWindowCall& call) {
  const Floats d;
  for (int32_t c = 0; c < call.channels; ++c) {
    Vec most[V];
    for (int v = 0; v < V; ++v) most[v] = nothing_yet();
    for (int32_t t = 0; t < call.taps; ++t) {
      const float* row = call.rows[t * call.channels + c];
      for (int v = 0; v < V; ++v) most[v] = larger(hn::LoadU(d, row + v * kLanes), most[v]);
    }
    for (int v = 0; v < V; ++v) hn::Store(most[v], d, call.sums + c * kWidth + v * kLanes);
  }
}

inline void channel_window(const ChannelWindowCall& call) {
  if (call.sum == WindowSum::maximum) {
    with_vectors(call.vectors, [&](auto vectors) HWY_ATTR { window_maxima<vectors.value>(call); });
    return;
  }
  for (int32_t c = 0; c < call.channels; ++c) {
    for (int32_t v = 0; v < call.vectors; ++v)
      hn::Store(window_value(call, c, v), kFloats, call.sums + c * kWidth + v * kLanes);
  }
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
