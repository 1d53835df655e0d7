// What replay computes: a pack of faults across the SIMD lanes, kLaneVectors vectors wide. Zero inputs and
// dead outputs are left out, so everything here works on lists.
#if defined(TFI_REPLAY_SIMD_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_REPLAY_SIMD_LANES_INL
#undef TFI_REPLAY_SIMD_LANES_INL
#else
#define TFI_REPLAY_SIMD_LANES_INL
#endif

#include <hwy/cache_control.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "kernels/simd/epilogue-inl.hpp"
#include "replay/simd/pack_table.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::replay::simd::HWY_NAMESPACE {

using namespace tf_injector::simd::HWY_NAMESPACE;  // vectors, epilogue, sums of channels

using Bits = hn::RebindToUnsigned<Floats>;
inline constexpr int kWidth = kLaneVectors * kLanes;
// Most output channels per pass over the rows: their accumulators fill the registers beside the inputs and
// one weight.
inline constexpr int kMostChannels[kLaneVectors + 1] = {0, kManyRegisters ? 16 : 10, kManyRegisters ? 12 : 5,
                                                        kManyRegisters ? 8 : 3, kManyRegisters ? 6 : 2};

// Rows whose weights are fetched ahead: they lie apart by no pattern that the processor would find, those of
// a large layer not in its first cache. Found by trying.
inline constexpr int32_t kRowsAhead = 12;
HWY_INLINE int32_t row_ahead(const int32_t* weight_at, int32_t row, int32_t rows) {
  return weight_at[HWY_MIN(row + kRowsAhead, rows - 1)];
}

inline constexpr LaneMask kVectorLanes = (LaneMask{1} << kLanes) - 1;

// Vector v of a mask of lanes.
HWY_INLINE LaneMask lanes_of_vector(LaneMask lanes, int v) { return lanes >> (v * kLanes) & kVectorLanes; }

HWY_INLINE hn::Mask<Floats> lane_mask(LaneMask lanes_of_one_vector) {
#if HWY_TARGET == HWY_AVX3
  return {static_cast<__mmask16>(lanes_of_one_vector)};
#else
  uint8_t bytes[8];
  std::memcpy(bytes, &lanes_of_one_vector, sizeof(bytes));
  return hn::LoadMaskBits(Floats(), bytes);
#endif
}

HWY_INLINE int32_t count_lanes(LaneMask lanes) { return static_cast<int32_t>(hwy::PopCount(lanes)); }
HWY_INLINE int32_t vectors_of(int32_t lanes) { return (lanes + kLanes - 1) / kLanes; }

// run(std::integral_constant<int, V>()) for V vectors; none: as for one.
template <class Run>
HWY_INLINE auto with_vectors(int32_t vectors, Run run) {
  static_assert(kLaneVectors == 4);
  switch (vectors) {
    case 0:
    case 1:
      return run(std::integral_constant<int, 1>());
    case 2:
      return run(std::integral_constant<int, 2>());
    case 3:
      return run(std::integral_constant<int, 3>());
    default:
      return run(std::integral_constant<int, 4>());
  }
}

// The places of some lanes among others, which hold them all.
HWY_INLINE LaneMask places_among(LaneMask some, LaneMask among) {
#if HWY_TARGET == HWY_AVX3 || HWY_TARGET == HWY_AVX2
  return _pext_u64(some, among);
#else
  LaneMask places = 0;
  for (int place = 0; among != 0; among &= among - 1, ++place)
    places |= (some >> hwy::Num0BitsBelowLS1Bit_Nonzero64(among) & 1) << place;
  return places;
#endif
}

// Of each lane: how many of `lanes` (of one vector) lie below it.
HWY_INLINE hn::Vec<Bits> ranks(LaneMask lanes) {
  const Bits u;
#if HWY_TARGET == HWY_AVX3
  return hn::Vec<Bits>{
      _mm512_maskz_expand_epi32(static_cast<__mmask16>(lanes), hn::Iota(u, 0).raw)};  // held lanes only
#else
  const auto below = hn::Sub(hn::Shl(hn::Set(u, 1u), hn::Iota(u, 0)), hn::Set(u, 1u));
  return hn::PopulationCount(hn::And(hn::Set(u, static_cast<uint32_t>(lanes)), below));
#endif
}

// The lanes of a pixel's rows, put among the wanted ones: V vectors of them.
template <int V>
struct LanePlaces {
  hn::Mask<Floats> held[V];
  hn::Vec<Bits> rank[V];  // of each lane among the held ones of its vector
  int32_t at[V];          // where the vector's held lanes begin in a row
  int32_t stride;         // of the pixel's rows

  HWY_INLINE LanePlaces(LaneMask pixel_lanes, LaneMask wanted)
      : stride(vectors_of(count_lanes(pixel_lanes)) * kLanes) {
    const LaneMask places = places_among(pixel_lanes, wanted);
    for (int v = 0, next = 0; v < V; ++v) {
      const LaneMask some = lanes_of_vector(places, v);
      held[v] = lane_mask(some);
      rank[v] = ranks(some);
      at[v] = next;
      next += count_lanes(some);
    }
  }
  // Vector v of a row, `rest` in the lanes that are not held.
  HWY_INLINE Vec read(const float* row, int v, Vec rest) const {
    const Floats d;
    return hn::IfThenElse(
        held[v], hn::TableLookupLanes(hn::LoadU(d, row + at[v]), hn::IndicesFromVec(d, rank[v])), rest);
  }
};

// Bit per lane: the vector is not +0 in every bit.
HWY_INLINE LaneMask lanes_that_differ(hn::Vec<Bits> difference) {
  const Bits u;
  const auto differs = hn::Ne(difference, hn::Zero(u));
#if HWY_TARGET == HWY_AVX3
  return static_cast<LaneMask>(differs.raw);
#else
  const Floats d;
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(u, differs))), bytes);
  LaneMask bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
#endif
}

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
HWY_INLINE void store_changes(const LaneWindowCall& call, const Vec* change) {
  const Floats d;
  for (int v = 0; v < V; ++v) {
    if (call.change != nullptr) hn::Store(change[v], d, call.change + v * kLanes);
    if (call.most != nullptr) call.most[v] = hn::GetLane(hn::MaxOfLanes(d, change[v]));
  }
}

// A window of one pixel that holds all wanted lanes: its rows as they lie.
template <int V>
HWY_INLINE LaneRows rows_of_pixel(const LaneWindowCall& call, const LaneTap& tap) {
  const Floats d;
  const LanePixel& pixel = tap.pixel;
  Vec change[V];
  for (int v = 0; v < V; ++v) change[v] = hn::Load(d, pixel.change + v * kLanes);
  const int32_t last = count_lanes(pixel.held) - (V - 1) * kLanes;
  change[V - 1] = hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(last)), change[V - 1]);
  store_changes<V>(call, change);
  place_weights(call, tap.tap, pixel.channels, pixel.count, call.weight_at);
  return {pixel.count, pixel.rows};
}

template <int V>
HWY_NOINLINE LaneRows lane_window_of(const LaneWindowCall& of) {
  const Floats d;
  const LaneWindowCall call = of;
  if (call.taps.size() == 1 && call.taps.front().pixel.held == call.lanes)
    return rows_of_pixel<V>(call, call.taps.front());
  Vec change[V];
  for (int v = 0; v < V; ++v) change[v] = hn::Zero(d);
  int32_t rows = 0;
  for (const LaneTap& tap : call.taps) {
    float* values = call.values + static_cast<int64_t>(rows) * V * kLanes;
    int32_t* weight_at = call.weight_at + rows;
    const LanePixel pixel = tap.pixel;
    if (pixel.held == 0) {
      rows += golden_rows<V>(call, tap, values, weight_at);
      continue;
    }
    const LanePlaces<V> places(pixel.held, call.lanes);
    for (int v = 0; v < V; ++v) change[v] = hn::Add(change[v], places.read(pixel.change, v, hn::Zero(d)));
    const float *row = pixel.rows, *golden = tap.golden;
    for (int32_t i = 0; i < pixel.count; ++i, row += places.stride, values += V * kLanes) {
      const Vec rest = hn::Set(d, golden[pixel.channels[i]]);
      for (int v = 0; v < V; ++v) hn::Store(places.read(row, v, rest), d, values + v * kLanes);
    }
    place_weights(call, tap.tap, pixel.channels, pixel.count, weight_at);
    rows += pixel.count;
  }
  store_changes<V>(call, change);
  return {rows, call.values};
}

inline LaneRows lane_window(const LaneWindowCall& call) {
  return with_vectors(vectors_of(count_lanes(call.lanes)),
                      [&](auto vectors) HWY_ATTR { return lane_window_of<vectors.value>(call); });
}

// Chains of C channels from `channels` on, V vectors of lanes. True: a chain ended in -0.
template <int C, int V>
HWY_INLINE bool lane_chains(const LaneSumsCall& call, int32_t first) {
  const Floats d;
  const Bits u;
  Vec acc[C][V];
  for (int c = 0; c < C; ++c) {
    for (int v = 0; v < V; ++v) acc[c][v] = hn::Zero(d);
  }
  size_t at[C];  // in bytes: an address is then a sum of two registers
  for (int c = 0; c < C; ++c) at[c] = static_cast<size_t>(call.channels[first + c]) * sizeof(float);
  const auto channel = [&](const float* row, int c) HWY_ATTR {
    float weight;
    std::memcpy(&weight, reinterpret_cast<const char*>(row) + at[c], sizeof(weight));
    return hn::Set(d, weight);
  };
  const LaneWindow& window = call.window;
  const auto fetch_ahead = [&](int32_t row) HWY_ATTR {
    const float* weights = window.weights + row_ahead(window.weight_at, row, window.rows);
    const char* const w = reinterpret_cast<const char*>(weights);
    hwy::Prefetch(w + at[0]);
    if constexpr (C > 4) hwy::Prefetch(w + at[C - 1]);  // often in another line
  };
  const float* x = window.values;
  const int32_t stride = window.vectors * kLanes;
  int32_t r = 0;
  if constexpr (V == 1) {  // a channel's place is loaded once for several rows
    constexpr int kRows = 4;
    for (; r + kRows <= window.rows; r += kRows) {
      const float* w[kRows];
      Vec in[kRows];
      for (int i = 0; i < kRows; ++i, x += stride) {
        fetch_ahead(r + i);
        w[i] = window.weights + window.weight_at[r + i];
        in[i] = hn::Load(d, x);
      }
      for (int c = 0; c < C; ++c) {
        for (int i = 0; i < kRows; ++i) acc[c][0] = hn::MulAdd(in[i], channel(w[i], c), acc[c][0]);
      }
    }
  }
  for (; r < window.rows; ++r, x += stride) {
    fetch_ahead(r);
    const float* w = window.weights + window.weight_at[r];
    Vec in[V];
    for (int v = 0; v < V; ++v) in[v] = hn::Load(d, x + v * kLanes);
    for (int c = 0; c < C; ++c) {
      const Vec weight = channel(w, c);
      for (int v = 0; v < V; ++v) acc[c][v] = hn::MulAdd(in[v], weight, acc[c][v]);
    }
  }
  auto negative_zero = hn::Ne(hn::Zero(u), hn::Zero(u));
  for (int c = 0; c < C; ++c) {
    float* row = call.sums + static_cast<int64_t>(call.sum_rows[first + c]) * kWidth;
    for (int v = 0; v < V; ++v) {
      negative_zero = hn::Or(negative_zero, hn::Eq(hn::BitCast(u, acc[c][v]), hn::Set(u, 0x80000000u)));
      float* sum = row + v * kLanes;
      hn::Store(call.add_to_sums ? hn::Add(hn::Load(d, sum), acc[c][v]) : acc[c][v], d, sum);
    }
  }
  return !hn::AllFalse(u, negative_zero);
}

template <int C, int V>
HWY_NOINLINE bool lane_chains_of(const LaneSumsCall& call, int32_t count, int32_t first) {
  if constexpr (C > 1) {
    if (count < C) return lane_chains_of<C - 1, V>(call, count, first);
  }
  return lane_chains<C, V>(call, first);
}

// Passes of about equal size: a small last one would wait for its own results.
template <int V>
HWY_INLINE bool lane_sums_of(const LaneSumsCall& call) {
  constexpr int kMost = kMostChannels[V];
  bool negative_zero = false;
  int32_t passes = (call.channel_count + kMost - 1) / kMost;
  for (int32_t c = 0; c < call.channel_count; --passes) {
    const int32_t count = (call.channel_count - c + passes - 1) / passes;
    negative_zero |= lane_chains_of<kMost, V>(call, count, c);
    c += count;
  }
  return negative_zero;
}

inline bool lane_sums(const LaneSumsCall& call) {
  return with_vectors(call.vectors, [&](auto vectors) HWY_ATTR { return lane_sums_of<vectors.value>(call); });
}

inline void lane_most(const LanePixel& pixel, LaneMask lanes, float* most) {
  const Floats d;
  const int32_t vectors = vectors_of(count_lanes(lanes));
  if (pixel.held == 0) {
    for (int v = 0; v < vectors; ++v) most[v] = 0.0f;
    return;
  }
  const LanePlaces<kLaneVectors> places(pixel.held, lanes);
  for (int v = 0; v < vectors; ++v)
    most[v] = hn::GetLane(hn::MaxOfLanes(d, places.read(pixel.change, v, hn::Zero(d))));
}

// The listed channels, by the number of pairs.
HWY_INLINE void fill_levels(const LaneAliveCall& call, int32_t count) {
  const hn::RebindToSigned<Floats> i32;
  for (int32_t v = 0; v < call.vectors; ++v) call.levels[v].count = 0;
  for (int32_t i = 0; i < count; i += kLanes) {
    const auto channels = hn::LoadU(i32, call.channels + i), rows = hn::Iota(i32, i);
    const auto listed = hn::FirstN(i32, static_cast<size_t>(count - i));
    const auto alive_in = hn::IfThenElseZero(listed, hn::LoadU(i32, call.alive_in + i));
    for (int32_t v = 0; v < call.vectors; ++v) {
      LaneLevel& level = call.levels[v];
      const auto here = hn::Eq(alive_in, hn::Set(i32, v + 1));
      hn::StoreU(hn::Compress(channels, here), i32, level.channels + level.count);
      hn::StoreU(hn::Compress(rows, here), i32, level.rows + level.count);
      level.count += static_cast<int32_t>(hn::CountTrue(i32, here));
    }
  }
}

inline int32_t lane_alive(const LaneAliveCall& call) {
  const Floats d;
  const Bits u;
  const Vec input_norm = hn::Set(d, call.input_norm), add_noise = hn::Set(d, call.add_noise);
  size_t count = 0;
  for (int32_t c = 0; c < call.cout; c += kLanes) {
    const Vec slope = hn::Load(d, call.slope + c);
    const Vec margin = hn::Add(hn::MulAdd(hn::Load(d, call.noise + c), input_norm, hn::LoadU(d, call.y + c)),
                               hn::Add(hn::Load(d, call.offset + c), add_noise));
    auto alive_in = hn::Zero(u);
    for (int32_t v = 0; v < call.vectors; ++v) {
      const Vec highest =
          hn::Add(hn::MulAdd(slope, hn::Set(d, call.reach[v]), hn::Set(d, call.shift[v])), margin);
      const auto dead = hn::Lt(highest, hn::Zero(d));  // NaN is not less: alive
      alive_in = hn::Sub(alive_in, hn::BitCast(u, hn::VecFromMask(d, hn::Not(dead))));
    }
    const auto alive = hn::Ne(alive_in, hn::Zero(u));
    hn::StoreU(hn::Compress(alive_in, alive), u, reinterpret_cast<uint32_t*>(call.alive_in) + count);
    hn::StoreU(hn::Compress(hn::Iota(u, static_cast<uint32_t>(c)), alive), u,
               reinterpret_cast<uint32_t*>(call.channels) + count);
    count += hn::CountTrue(u, alive);
  }
  while (count > 0 && call.channels[count - 1] >= call.cout) --count;
  const auto listed = static_cast<int32_t>(count);
  if (call.vectors > 1) fill_levels(call, listed);
  return listed;
}

inline int32_t lane_join(std::span<const LanePart> parts, float* row) {
  const Floats d;
  int32_t next = 0;
  for (const LanePart& part : parts) {
    for (int v = 0; part.places >> (v * kLanes) != 0; ++v) {
      const LaneMask some = lanes_of_vector(part.places, v);
      const Vec values = part.row != nullptr ? hn::LoadU(d, part.row + v * kLanes) : hn::Zero(d);
      hn::StoreU(hn::Compress(values, lane_mask(some)), d, row + next);
      next += count_lanes(some);
      if (v == kLaneVectors - 1) break;
    }
  }
  return next;
}

inline void lane_add(const float* rows, const int32_t* channels, int32_t count, int32_t vectors,
                     float* sums) {
  const Floats d;
  for (int32_t i = 0; i < count; ++i) {
    float* sum = sums + static_cast<int64_t>(channels[i]) * kWidth;
    for (int32_t v = 0; v < vectors; ++v, rows += kLanes, sum += kLanes)
      hn::Store(hn::Add(hn::Load(d, sum), hn::Load(d, rows)), d, sum);
  }
}

// The faults of one vector, from `first` on.
HWY_INLINE void columns_of_vector(const ColumnsCall& call, int32_t first) {
  const Floats d;
  const Bits u;
  const hn::RebindToSigned<Floats> i32;
  const auto count = static_cast<size_t>(HWY_MIN(kLanes, call.faults - first));
  const auto faults = hn::FirstN(d, count);
  const auto channels = hn::MaskedLoad(hn::FirstN(i32, count), i32, call.channel + first);
  EpilogueCall sum = call.epilogue;
  sum.add = nullptr;
  for (size_t i = 0; i < call.positions.size(); ++i) {
    const int64_t position = call.positions[i], pixel = position * call.channels;
    float* values = call.values + position * call.faults + first;
    Vec y = finish_sum(sum, hn::LoadU(d, values), first, 0);
    if (call.epilogue.add != nullptr) y = hn::Add(y, hn::GatherIndex(d, call.epilogue.add + pixel, channels));
    y = activate(sum, y);
    const Vec golden = hn::GatherIndex(d, call.golden + pixel, channels);
    const LaneMask differs = lanes_that_differ(hn::Xor(hn::BitCast(u, y), hn::BitCast(u, golden)));
    hn::BlendedStore(y, faults, d, values);
    if (first == 0) call.differs[i] = 0;
    call.differs[i] |= (differs & ((LaneMask{1} << count) - 1)) << first;
  }
}

inline void columns(const ColumnsCall& call) {
  for (int32_t l = 0; l < call.faults; l += kLanes) columns_of_vector(call, l);
}

inline void squares(const float* values, int64_t rows, int32_t channels, float* sums) {
  const Floats d;
  for (int64_t r = 0; r < rows; ++r, values += channels) {
    Vec sum = hn::Zero(d);
    int32_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      const Vec v = hn::LoadU(d, values + c);
      sum = hn::MulAdd(v, v, sum);
    }
    sums[r] = hn::GetLane(hn::SumOfLanes(d, sum));
    for (; c < channels; ++c) sums[r] += values[c] * values[c];
  }
}

}  // namespace tf_injector::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
