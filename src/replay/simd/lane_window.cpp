// The inputs of an output position for a pack: those that are not zero, in whole vectors of lanes.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_window.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// Where the weights of a tap's channels lie. The lists may be one; what is written too much is written over.
HWY_INLINE void place_weights(const LaneWindowCall& call, int32_t tap, const int32_t* channels, int32_t count,
                              int32_t* weight_at) {
  const hn::RebindToSigned<Floats> i32;
  const auto first = hn::Set(i32, tap * call.cin * call.cout), stride = hn::Set(i32, call.cout);
  for (int32_t i = 0; i < count; i += kLanes)
    hn::StoreU(hn::Add(hn::Mul(hn::LoadU(i32, channels + i), stride), first), i32, weight_at + i);
}

// Golden's pixel: a row per channel that is not +0.
template <int V>
HWY_INLINE int32_t golden_rows(const LaneWindowCall& call, const LaneTap& tap, float* values,
                               int32_t* weight_at) {
  const Floats d;
  const int32_t count = list_channels(tap.golden, call.cin, weight_at);
  for (int32_t i = 0; i < count; ++i, values += V * kLanes) {
    const Vec value = hn::Set(d, tap.golden[weight_at[i]]);
    for (int v = 0; v < V; ++v) hn::Store(value, d, values + v * kLanes);
  }
  place_weights(call, tap.tap, weight_at, count, weight_at);
  return count;
}

template <int V>
HWY_INLINE void store_delta_sq_norms(const LaneWindowCall& call, const Vec* delta_sq_norm) {
  const Floats d;
  for (int v = 0; v < V; ++v) {
    if (call.delta_sq_norm != nullptr) hn::Store(delta_sq_norm[v], d, call.delta_sq_norm + v * kLanes);
    if (call.most != nullptr) call.most[v] = hn::GetLane(hn::MaxOfLanes(d, delta_sq_norm[v]));
  }
}

// A window of one pixel that holds all wanted lanes: its rows as they lie.
template <int V>
HWY_INLINE LaneRows rows_of_pixel(const LaneWindowCall& call, const LaneTap& tap) {
  const Floats d;
  const LanePixel& pixel = tap.pixel;
  Vec delta_sq_norm[V];
  for (int v = 0; v < V; ++v) delta_sq_norm[v] = hn::Load(d, pixel.delta_sq_norm + v * kLanes);
  const int32_t last = count_lanes(pixel.changed_lanes) - (V - 1) * kLanes;
  delta_sq_norm[V - 1] = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(last)), delta_sq_norm[V - 1]);
  store_delta_sq_norms<V>(call, delta_sq_norm);
  place_weights(call, tap.tap, pixel.channels, pixel.count, call.weight_at);
  return {pixel.count, pixel.rows};
}

template <int V>
HWY_NOINLINE LaneRows lane_window_of(const LaneWindowCall& of) {
  const Floats d;
  const LaneWindowCall call = of;
  if (call.taps.size() == 1 && call.taps.front().pixel.changed_lanes == call.lanes)
    return rows_of_pixel<V>(call, call.taps.front());
  Vec delta_sq_norm[V];
  for (int v = 0; v < V; ++v) delta_sq_norm[v] = hn::Zero(d);
  int32_t rows = 0;
  for (const LaneTap& tap : call.taps) {
    float* values = call.values + static_cast<int64_t>(rows) * V * kLanes;
    int32_t* weight_at = call.weight_at + rows;
    const LanePixel pixel = tap.pixel;
    if (pixel.changed_lanes == 0) {
      rows += golden_rows<V>(call, tap, values, weight_at);
      continue;
    }
    const LanePlaces<V> places(pixel.changed_lanes, call.lanes);
    for (int v = 0; v < V; ++v)
      delta_sq_norm[v] = hn::Add(delta_sq_norm[v], places.read(pixel.delta_sq_norm, v, hn::Zero(d)));
    const float *row = pixel.rows, *golden = tap.golden;
    for (int32_t i = 0; i < pixel.count; ++i, row += places.stride, values += V * kLanes) {
      const Vec rest = hn::Set(d, golden[pixel.channels[i]]);
      for (int v = 0; v < V; ++v) hn::Store(places.read(row, v, rest), d, values + v * kLanes);
    }
    place_weights(call, tap.tap, pixel.channels, pixel.count, weight_at);
    rows += pixel.count;
  }
  store_delta_sq_norms<V>(call, delta_sq_norm);
  return {rows, call.values};
}

LaneRows lane_window(const LaneWindowCall& call) {
  return with_vectors(vectors_of(count_lanes(call.lanes)),
                      [&](auto vectors) HWY_ATTR { return lane_window_of<vectors.value>(call); });
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
