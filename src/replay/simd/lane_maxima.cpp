// Replay of max pooling: one output position for a pack of faults.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_maxima.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/channel_sums-inl.hpp"
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// Channels at a time: a bit each, and their maxima stay in the first cache.
inline constexpr int32_t kMaximaChannels = 64;

// A pixel's rows are fetched ahead: between two blocks of channels others are read.
inline constexpr int kMaximaRowsAhead = 8;

// The maxima of some channels, from `first` on: V vectors each, one behind the other.
template <int V>
struct ChannelMaxima {
  HWY_ALIGN float values[kMaximaChannels * V * kLanes];
  int32_t first, end;

  HWY_INLINE float* of(int32_t channel) { return values + (channel - first) * (V * kLanes); }
  HWY_INLINE void clear() {
    const Floats d;
    for (int32_t i = 0; i < (end - first) * V; ++i) hn::Store(nothing_yet(), d, values + i * kLanes);
  }
  HWY_INLINE void take(int32_t channel, const Vec* x) {
    const Floats d;
    float* most = of(channel);
    for (int v = 0; v < V; ++v, most += kLanes) hn::Store(larger(x[v], hn::Load(d, most)), d, most);
  }
  HWY_INLINE void take(int32_t channel, Vec x) {
    Vec all[V];
    for (int v = 0; v < V; ++v) all[v] = x;
    take(channel, all);
  }
  [[nodiscard]] HWY_INLINE uint64_t bit(int32_t channel) const { return uint64_t{1} << (channel - first); }
  [[nodiscard]] HWY_INLINE int32_t lowest(uint64_t channels) const {
    return first + static_cast<int32_t>(hwy::Num0BitsBelowLS1Bit_Nonzero64(channels));
  }

  // The rows of a pixel from `next` on; which channels they are of.
  HWY_INLINE uint64_t take_rows(const LaneTap& tap, LaneMask lanes, int32_t& next) {
    const LanePixel pixel = tap.pixel;
    const LanePlaces<V> places(pixel.changed_lanes, lanes);
    const float* row = pixel.rows + static_cast<int64_t>(next) * places.stride;
    uint64_t taken = 0;
    for (; next < pixel.count && pixel.channels[next] < end; ++next, row += places.stride) {
      const int32_t channel = pixel.channels[next];
      const Vec rest = hn::Set(Floats(), tap.golden[channel]);
      Vec x[V];
      hwy::Prefetch(row + kMaximaRowsAhead * places.stride);
      for (int v = 0; v < V; ++v) x[v] = places.read(row, v, rest);
      take(channel, x);
      taken |= bit(channel);
    }
    return taken;
  }
  [[nodiscard]] HWY_INLINE uint64_t all() const { return ~uint64_t{0} >> (kMaximaChannels - (end - first)); }
  // Channels that are not +0 in a dense pixel.
  [[nodiscard]] HWY_INLINE uint64_t not_zero(const float* pixel) const {
    uint64_t channels = 0;
    for (int32_t c = first; c < end; c += kLanes)
      channels |= lanes_that_differ(hn::BitCast(Bits(), hn::LoadU(Floats(), pixel + c))) << (c - first);
    return channels & all();
  }
  HWY_INLINE uint64_t take_golden(const float* golden) {
    const uint64_t taken = not_zero(golden);
    for (uint64_t left = taken; left != 0; left &= left - 1) {
      const int32_t channel = lowest(left);
      take(channel, hn::Set(Floats(), golden[channel]));
    }
    return taken;
  }
  // +0 in these channels.
  HWY_INLINE void take_zeros(uint64_t channels) {
    for (; channels != 0; channels &= channels - 1) take(lowest(channels), hn::Zero(Floats()));
  }
};

// Pixels one after the other. A channel that a pixel has no row of is +0 there in all lanes, which counts
// once: the next +0 is not larger than what is left.
template <int V>
HWY_NOINLINE int32_t lane_maxima_of(const LaneMaximaCall& call) {
  const Floats d;
  ChannelMaxima<V> maxima;
  int32_t count = 0;
  for (size_t t = 0; t < call.pixels.size(); ++t) call.next[t] = 0;
  for (maxima.first = 0; maxima.first < call.channels; maxima.first = maxima.end) {
    maxima.end = HWY_MIN(maxima.first + kMaximaChannels, call.channels);
    maxima.clear();
    uint64_t never_zero = maxima.all(), listed = maxima.not_zero(call.golden);
    for (size_t t = 0; t < call.pixels.size(); ++t) {
      const LaneTap& tap = call.pixels[t];
      const uint64_t taken = tap.pixel.changed_lanes == 0 ? maxima.take_golden(tap.golden)
                                                          : maxima.take_rows(tap, call.lanes, call.next[t]);
      maxima.take_zeros(never_zero & ~taken);
      never_zero &= taken;
      listed |= taken;
    }
    for (; listed != 0; listed &= listed - 1, ++count) {
      const int32_t channel = maxima.lowest(listed);
      const float* most = maxima.of(channel);
      float* sums = call.sums + static_cast<int64_t>(count) * kWidth;
      for (int v = 0; v < V; ++v) hn::Store(hn::Load(d, most + v * kLanes), d, sums + v * kLanes);
      call.out_channels[count] = channel;
    }
  }
  return count;
}

int32_t lane_maxima(const LaneMaximaCall& call) {
  return with_vectors(vectors_of(count_lanes(call.lanes)),
                      [&](auto vectors) HWY_ATTR { return lane_maxima_of<vectors.value>(call); });
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
