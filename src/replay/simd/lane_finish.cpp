// The end of an output pixel of a pack: epilogue, comparison with golden, rows that are not zero.
#include <limits>

#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_finish.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// The rows of a pixel by their channels, without a branch: which channels have one follows no pattern.
class RowsByChannel {
 public:
  // `places`: one per channel, all 0, and so again in the end.
  HWY_INLINE RowsByChannel(const LanePixel& pixel, int32_t stride, int32_t* places)
      : pixel_(pixel), stride_(stride), places_(places) {
    for (int32_t i = 0; i < pixel_.count; ++i) places_[pixel_.channels[i]] = i + 1;
  }
  HWY_INLINE ~RowsByChannel() {
    for (int32_t i = 0; i < pixel_.count; ++i) places_[pixel_.channels[i]] = 0;
  }
  RowsByChannel(const RowsByChannel&) = delete;
  RowsByChannel& operator=(const RowsByChannel&) = delete;
  // Zeros where there is none: so it is in the changed lanes.
  HWY_INLINE const float* row(int32_t channel) const {
    const int32_t place = places_[channel];
    const float* const row =
        pixel_.delta_sq_norm + static_cast<int64_t>(place) * stride_;  // the rows lie behind it
    return place != 0 ? row : kZeros;
  }

 private:
  HWY_ALIGN static constexpr float kZeros[kWidth + kLanes] = {};
  const LanePixel& pixel_;
  const int32_t stride_;
  int32_t* const places_;
};

// The epilogue's parameters of one channel in all lanes, V sums.
template <int V>
HWY_INLINE void finish_channel(const EpilogueCall& e, int32_t channel, const Vec* add, Vec* y) {
  const Floats d;
  if (e.bias != nullptr) {
    const Vec bias = hn::Set(d, e.bias[channel]);
    for (int v = 0; v < V; ++v) y[v] = hn::Add(y[v], bias);
  }
  if (e.mean != nullptr) {
    const Vec mean = hn::Set(d, e.mean[channel]), istd = hn::Set(d, e.istd[channel]);
    const Vec gamma = hn::Set(d, e.gamma[channel]), beta = hn::Set(d, e.beta[channel]);
    for (int v = 0; v < V; ++v) y[v] = hn::MulAdd(hn::Mul(hn::Sub(y[v], mean), istd), gamma, beta);
  }
  if (add != nullptr) {
    for (int v = 0; v < V; ++v) y[v] = hn::Add(y[v], add[v]);
  }
  if (e.relu) {  // -0 becomes +0, NaN passes
    for (int v = 0; v < V; ++v) y[v] = hn::IfThenElse(hn::Le(y[v], hn::Zero(d)), hn::Zero(d), y[v]);
  }
  if (e.relu6) {
    const Vec six = hn::Set(d, 6.0f);
    for (int v = 0; v < V; ++v) y[v] = hn::IfThenElse(hn::Gt(y[v], six), six, y[v]);
  }
}

template <int V>
struct PixelDifference {
  Vec delta_sq_norm[V];      // squared norm
  hn::Vec<Bits> differs[V];  // not zero: in some bit

  PixelDifference() {
    for (int v = 0; v < V; ++v) {
      delta_sq_norm[v] = hn::Zero(Floats());
      differs[v] = hn::Zero(Bits());
    }
  }
  HWY_INLINE void add(const Vec* y, Vec golden) {
    const Bits u;
    for (int v = 0; v < V; ++v) {
      differs[v] = hn::Or(differs[v], hn::Xor(hn::BitCast(u, y[v]), hn::BitCast(u, golden)));
      const Vec difference = hn::Sub(y[v], golden);
      delta_sq_norm[v] = hn::MulAdd(difference, difference, delta_sq_norm[v]);
    }
  }
};

// Room that is written for the first time since long is fetched ahead: so many vectors.
inline constexpr int kVectorsAhead = 32;

// Rows of the lanes that have sums, without those that are zero in all of them and in golden; how many they
// are.
template <int V>
HWY_INLINE int32_t finish_channels(const LaneFinishCall& call, float* rows, PixelDifference<V>& difference) {
  const Floats d;
  const Bits u;
  const int32_t lanes = count_lanes(call.lanes);
  const hn::Mask<Floats> last = hn::FirstN(d, static_cast<size_t>(lanes - (V - 1) * kLanes));
  const bool all_lanes = call.lanes == call.all_lanes;
  const LanePlaces<V> places(call.add.changed_lanes, call.lanes);
  const RowsByChannel adds(call.add, places.stride, call.add_places);
  int32_t count = 0;
  for (int32_t i = 0; i < call.count; ++i) {
    const int32_t channel = call.channels[i];
    const Vec golden = hn::Set(d, call.golden[channel]);
    Vec y[V], add[V];
    for (int v = 0; v < V; ++v) hwy::Prefetch(rows + (v + kVectorsAhead) * kLanes);
    for (int v = 0; v < V; ++v) y[v] = hn::Load(d, call.sums + static_cast<int64_t>(i) * kWidth + v * kLanes);
    if (call.has_add) {
      const Vec rest = hn::Set(d, call.add_golden[channel]);
      const float* row = adds.row(channel);
      for (int v = 0; v < V; ++v) add[v] = places.read(row, v, rest);
    }
    finish_channel<V>(call.epilogue, channel, call.has_add ? add : nullptr, y);
    if (call.nonzero_in != nullptr && V > 1) {
      const auto sums = hn::Set(hn::RebindToSigned<Floats>(), call.nonzero_in[i]);
      for (int v = 0; v < V - 1; ++v) {
        const auto has_none = hn::Lt(sums, hn::Set(hn::RebindToSigned<Floats>(), V - v));
        y[v] = hn::IfThenElse(hn::RebindMask(d, has_none), golden, y[v]);
      }
    }
    y[V - 1] = hn::IfThenElse(last, y[V - 1], golden);  // no lanes behind the last
    difference.add(y, golden);
    auto any = all_lanes ? hn::Zero(u) : hn::BitCast(u, golden);
    for (int v = 0; v < V; ++v) {
      any = hn::Or(any, hn::BitCast(u, y[v]));
      hn::Store(y[v], d, rows + v * kLanes);
    }
    call.out_channels[count] = channel;
    const int32_t kept = hn::AllTrue(u, hn::Eq(any, hn::Zero(u))) ? 0 : 1;  // no pattern: no branch
    count += kept;
    rows += kept * (V * kLanes);
  }
  return count;
}

// Moves the lanes at some places of every row together.
template <int V>
HWY_INLINE void keep_lanes(float* rows, int32_t count, LaneMask places) {
  const Floats d;
  const int32_t stride = vectors_of(count_lanes(places)) * kLanes;
  hn::Mask<Floats> kept[V];
  int32_t at[V];
  for (int v = 0, next = 0; v < V; ++v) {
    const LaneMask some = lanes_of_vector(places, v);
    kept[v] = lane_mask(some);
    at[v] = some != 0 ? next : -1;
    next += count_lanes(some);
  }
  const float* from = rows;
  for (int32_t i = 0; i < count; ++i, from += V * kLanes, rows += stride) {
    Vec row[V];
    for (int v = 0; v < V; ++v) row[v] = hn::Load(d, from + v * kLanes);
    for (int v = 0; v < V; ++v) {  // ends before the next row that is still to be read
      if (at[v] >= 0) hn::StoreU(hn::Compress(row[v], kept[v]), d, rows + at[v]);
    }
  }
}

// V: vectors of sums.
template <int V>
HWY_NOINLINE LaneMask lane_finish_of(const LaneFinishCall& of, int32_t* rows) {
  const Floats d;
  const LaneFinishCall call = of;  // a copy: nothing that is stored below can change it
  PixelDifference<V> difference;
  *rows = finish_channels<V>(call, call.values + V * kLanes, difference);
  LaneMask places = 0;
  for (int v = 0; v < V; ++v) {
    places |= lanes_that_differ(difference.differs[v]) << (v * kLanes);
    // A NaN is not less or equal: no bound.
    const auto is_number = hn::Le(difference.delta_sq_norm[v], hn::Set(d, std::numeric_limits<float>::max()));
    hn::Store(hn::IfThenElse(is_number, difference.delta_sq_norm[v],
                             hn::Set(d, std::numeric_limits<float>::infinity())),
              d, call.values + v * kLanes);
  }
  LaneMask dirty = call.lanes;
  if (call.keeps_all) return dirty;
  if (count_lanes(places) == count_lanes(call.lanes) || places == 0) return places == 0 ? 0 : dirty;
  keep_lanes<V>(call.values, *rows + 1, places);
  int place = 0;
  for (LaneMask left = call.lanes; left != 0; left &= left - 1, ++place) {
    if ((places >> place & 1) == 0) dirty &= ~(left & (0 - left));
  }
  return dirty;
}

LaneMask lane_finish(const LaneFinishCall& call, int32_t* rows) {
  return with_vectors(vectors_of(count_lanes(call.lanes)),
                      [&](auto vectors) HWY_ATTR { return lane_finish_of<vectors.value>(call, rows); });
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
