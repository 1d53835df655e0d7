// Changed elements put into a pixel of a pack.
#if defined(TFI_SIMD_LANE_MERGE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_LANE_MERGE_INL
#undef TFI_SIMD_LANE_MERGE_INL
#else
#define TFI_SIMD_LANE_MERGE_INL
#endif

#include "kernels/simd/lanes-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

// The channels of golden's pixel that are not +0. What a store writes too much, the next one writes over.
inline int32_t list_channels(const float* golden, int32_t channels, int32_t* listed) {
  const Floats d;
  const Bits u;
  size_t count = 0;
  for (int32_t c = 0; c < channels; c += kLanes) {
    const auto not_zero = hn::Ne(hn::BitCast(u, hn::LoadU(d, golden + c)), hn::Zero(u));
    count += hn::CompressStore(hn::Iota(u, static_cast<uint32_t>(c)), not_zero, u,
                               reinterpret_cast<uint32_t*>(listed) + count);
  }
  while (count > 0 && listed[count - 1] >= channels) --count;
  return static_cast<int32_t>(count);
}

// Squares that are no number bound nothing.
HWY_INLINE void add_square(float difference, float* sum) {
  const float more = *sum + difference * difference;
  *sum = more <= std::numeric_limits<float>::max() ? more : std::numeric_limits<float>::infinity();
}

// Everything is read out of the call one by one: copying it whole would wait for its stores.
template <int V>
HWY_NOINLINE int32_t lane_merge_of(const LaneMergeCall& call) {
  const Floats d;
  constexpr int32_t kNone = std::numeric_limits<int32_t>::max();
  const LaneMask lanes = call.lanes, held = call.pixel.held;
  const float *const golden = call.golden, *from = call.pixel.rows;
  const LanePlaces<V> places(held, lanes);
  float *const squares = call.values, *row = squares;
  for (int v = 0; v < V; ++v)
    hn::Store(held != 0 ? places.read(call.pixel.change, v, hn::Zero(d)) : hn::Zero(d), d,
              squares + v * kLanes);
  const int32_t* const listed = held != 0 ? call.pixel.channels : call.listed;
  const int32_t count = held != 0 ? call.pixel.count : list_channels(golden, call.channels, call.listed);
  int32_t* const out_channels = call.out_channels;
  int32_t rows = 0, next = 0;
  const LaneChange *change = call.changes, *const end = change + call.change_count;
  while (next < count || change != end) {
    const int32_t there = next < count ? listed[next] : kNone;
    const int32_t channel = HWY_MIN(there, change != end ? change->channel : kNone);
    row += V * kLanes;
    const Vec rest = hn::Set(d, golden[channel]);
    const bool is_read = channel == there && held != 0;
    for (int v = 0; v < V; ++v) {
      const Vec none = channel == there ? rest : hn::Zero(d);
      hn::Store(is_read ? places.read(from, v, rest) : none, d, row + v * kLanes);
    }
    if (is_read) from += places.stride;
    next += channel == there ? 1 : 0;
    for (; change != end && change->channel == channel; ++change) {
      const int32_t place = count_lanes(lanes & ((LaneMask{1} << change->lane) - 1));
      row[place] = change->value;
      add_square(change->value - golden[channel], squares + place);
    }
    out_channels[rows++] = channel;
  }
  return rows;
}

inline int32_t lane_merge(const LaneMergeCall& call) {
  static_assert(kLaneVectors == 4);
  switch (vectors_of(count_lanes(call.lanes))) {
    case 1:
      return lane_merge_of<1>(call);
    case 2:
      return lane_merge_of<2>(call);
    case 3:
      return lane_merge_of<3>(call);
    default:
      return lane_merge_of<4>(call);
  }
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
