// Changed elements put into a pixel of a pack.
#include <limits>

#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_merge.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

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
  const LaneMask lanes = call.lanes, changed_lanes = call.pixel.changed_lanes;
  const float *const golden = call.golden, *from = call.pixel.rows;
  const LanePlaces<V> places(changed_lanes, lanes);
  float *const squares = call.values, *row = squares;
  for (int v = 0; v < V; ++v)
    hn::Store(changed_lanes != 0 ? places.read(call.pixel.delta_sq_norm, v, hn::Zero(d)) : hn::Zero(d), d,
              squares + v * kLanes);
  const int32_t* const listed = changed_lanes != 0 ? call.pixel.channels : call.listed;
  const int32_t count =
      changed_lanes != 0 ? call.pixel.count : list_channels(golden, call.channels, call.listed);
  int32_t* const out_channels = call.out_channels;
  int32_t rows = 0, next = 0;
  const LaneChange *change = call.changes, *const end = change + call.change_count;
  while (next < count || change != end) {
    const int32_t there = next < count ? listed[next] : kNone;
    const int32_t channel = HWY_MIN(there, change != end ? change->channel : kNone);
    row += V * kLanes;
    const Vec rest = hn::Set(d, golden[channel]);
    const bool is_read = channel == there && changed_lanes != 0;
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

int32_t lane_merge(const LaneMergeCall& call) {
  return with_vectors(vectors_of(count_lanes(call.lanes)),
                      [&](auto vectors) HWY_ATTR { return lane_merge_of<vectors.value>(call); });
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
