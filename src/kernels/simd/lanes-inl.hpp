// What replay computes: a pack of faults across the SIMD lanes, kLaneVectors vectors wide. Zero inputs and
// dead outputs are left out, so everything here works on lists.
#if defined(TFI_SIMD_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_LANES_INL
#undef TFI_SIMD_LANES_INL
#else
#define TFI_SIMD_LANES_INL
#endif

#include <cmath>
#include <limits>

#include "kernels/simd/epilogue-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

using Bits = hn::RebindToUnsigned<Floats>;
inline constexpr int kWidth = kLaneVectors * kLanes;
// Output channels per pass over the inputs: their accumulators fill the registers beside the inputs and one
// weight.
inline constexpr int kChannels = kManyRegisters ? 8 : 5;

// Bit per lane: the two vectors differ in some bit.
HWY_INLINE uint32_t differing_lanes(Vec a, Vec b) {
  const Floats d;
  const Bits u;
  const auto differ =
      hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(u, hn::Ne(hn::BitCast(u, a), hn::BitCast(u, b)))));
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, differ, bytes);
  uint32_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return bits;
}

// Chains of C channels from `channels` on, V vectors of lanes. True: a chain ended in -0.
template <int C, int V>
HWY_INLINE bool lane_chains(const LaneSumsCall& call, const int32_t* channels, float* sums) {
  const Floats d;
  const Bits u;
  const int32_t lane = call.first_vector * kLanes;
  Vec acc[C][V];
  for (int c = 0; c < C; ++c) {
    for (int v = 0; v < V; ++v) acc[c][v] = hn::Zero(d);
  }
  size_t at[C];
  for (int c = 0; c < C; ++c) at[c] = static_cast<size_t>(channels[c]);
  for (int32_t t = 0; t < call.taps; ++t) {
    const LanePixel pixel = call.pixels[t];
    const float* weights = call.weights[t];
    const float* x = pixel.values + lane;
    for (int32_t i = 0; i < pixel.count; ++i, x += kWidth) {
      const float* w = weights + static_cast<size_t>(pixel.channels[i]) * static_cast<size_t>(call.cout);
      Vec in[V];
      for (int v = 0; v < V; ++v) in[v] = hn::Load(d, x + v * kLanes);
      for (int c = 0; c < C; ++c) {
        const Vec weight = hn::Set(d, w[at[c]]);
        for (int v = 0; v < V; ++v) acc[c][v] = hn::MulAdd(in[v], weight, acc[c][v]);
      }
    }
  }
  auto negative_zero = hn::Ne(hn::Zero(u), hn::Zero(u));
  for (int c = 0; c < C; ++c) {
    for (int v = 0; v < V; ++v) {
      negative_zero = hn::Or(negative_zero, hn::Eq(hn::BitCast(u, acc[c][v]), hn::Set(u, 0x80000000u)));
      float* sum = sums + c * kWidth + lane + v * kLanes;
      hn::Store(call.add_to_sums ? hn::Add(hn::Load(d, sum), acc[c][v]) : acc[c][v], d, sum);
    }
  }
  return !hn::AllFalse(u, negative_zero);
}

template <int C, int V>
HWY_NOINLINE bool lane_chains_last(const LaneSumsCall& call, int32_t left, const int32_t* channels,
                                   float* sums) {
  if constexpr (C > 1) {
    if (left < C) return lane_chains_last<C - 1, V>(call, left, channels, sums);
  }
  return lane_chains<C, V>(call, channels, sums);
}

template <int V>
HWY_INLINE bool lane_sums_of(const LaneSumsCall& call) {
  bool negative_zero = false;
  for (int32_t c = 0; c < call.channel_count; c += kChannels) {
    negative_zero |= lane_chains_last<kChannels, V>(call, call.channel_count - c, call.channels + c,
                                                    call.sums + static_cast<int64_t>(c) * kWidth);
  }
  return negative_zero;
}

inline bool lane_sums(const LaneSumsCall& call) {
  return call.vectors == 1 ? lane_sums_of<1>(call) : lane_sums_of<kLaneVectors>(call);
}

inline float lane_change(const float* const* changes, int32_t count, int32_t pack_vectors) {
  const Floats d;
  Vec sum[kLaneVectors];
  for (int v = 0; v < kLaneVectors; ++v) sum[v] = hn::Zero(d);
  for (int32_t i = 0; i < count; ++i) {
    for (int v = 0; v < pack_vectors; ++v) sum[v] = hn::Add(sum[v], hn::Load(d, changes[i] + v * kLanes));
  }
  float largest = 0.0f;
  for (int v = 0; v < kLaneVectors; ++v) {
    // A NaN is not less or equal: no bound.
    if (!hn::AllTrue(d, hn::Le(sum[v], hn::Set(d, std::numeric_limits<float>::max()))))
      return std::numeric_limits<float>::infinity();
    largest = std::max(largest, hn::GetLane(hn::MaxOfLanes(d, sum[v])));
  }
  return largest;
}

inline int32_t lane_alive(const LaneAliveCall& call) {
  const Floats d;
  const Bits u;
  const Vec reach = hn::Set(d, call.reach), shift = hn::Set(d, call.shift);
  size_t count = 0;
  for (int32_t c = 0; c < call.cout; c += kLanes) {
    const Vec highest =
        hn::Add(hn::MulAdd(hn::Load(d, call.slope + c), reach, shift), hn::Load(d, call.margin + c));
    const auto dead = hn::Lt(highest, hn::Zero(d));  // NaN is not less: alive
    const auto alive = hn::MaskFromVec(hn::BitCast(u, hn::VecFromMask(d, hn::Not(dead))));
    count += hn::CompressStore(hn::Iota(u, static_cast<uint32_t>(c)), alive, u,
                               reinterpret_cast<uint32_t*>(call.channels) + count);
  }
  while (count > 0 && call.channels[count - 1] >= call.cout) --count;
  return static_cast<int32_t>(count);
}

// The rows of a pixel in ascending order of channels, asked for in that order.
class RowReader {
 public:
  RowReader(const LanePixel& pixel, const float* golden) : pixel_(pixel), golden_(golden) {}
  HWY_INLINE const float* row(int32_t channel) {  // null: zero in all lanes
    while (next_ < pixel_.count && pixel_.channels[next_] < channel) ++next_;
    if (next_ == pixel_.count || pixel_.channels[next_] != channel) return nullptr;
    return pixel_.values + static_cast<int64_t>(next_) * kWidth;
  }
  HWY_INLINE Vec read(const float* from, int32_t channel, int v) const {
    const Floats d;
    if (golden_ != nullptr) return hn::Set(d, golden_[channel]);
    return from != nullptr ? hn::Load(d, from + v * kLanes) : hn::Zero(d);
  }

 private:
  const LanePixel& pixel_;
  const float* golden_;
  int32_t next_ = 0;
};

HWY_INLINE Vec finish_lane(const EpilogueCall& e, Vec v, int32_t channel, bool has_add, Vec add) {
  const Floats d;
  if (e.bias != nullptr) v = hn::Add(v, hn::Set(d, e.bias[channel]));
  if (e.mean != nullptr) {
    v = hn::Mul(hn::Sub(v, hn::Set(d, e.mean[channel])), hn::Set(d, e.istd[channel]));
    v = hn::MulAdd(v, hn::Set(d, e.gamma[channel]), hn::Set(d, e.beta[channel]));
  }
  if (has_add) v = hn::Add(v, add);
  if (e.relu) v = hn::IfThenElse(hn::Le(v, hn::Zero(d)), hn::Zero(d), v);  // -0 becomes +0, NaN passes
  if (e.relu6) v = hn::IfThenElse(hn::Gt(v, hn::Set(d, 6.0f)), hn::Set(d, 6.0f), v);
  return v;
}

inline uint32_t lane_finish(const LaneFinishCall& call, int32_t* rows) {
  const Floats d;
  const Bits u;
  RowReader add(call.add, call.add_golden);
  Vec change[kLaneVectors];
  for (int v = 0; v < kLaneVectors; ++v) change[v] = hn::Zero(d);
  uint32_t dirty = 0;
  int32_t count = 0;
  for (int32_t i = 0; i < call.count; ++i) {
    const int32_t channel = call.channels[i];
    const float* add_row = call.has_add && call.add_golden == nullptr ? add.row(channel) : nullptr;
    const Vec golden = hn::Set(d, call.golden[channel]);
    float* out = call.values + static_cast<int64_t>(count) * kWidth;
    auto zero = hn::Eq(hn::Zero(u), hn::Zero(u));
    if (call.vectors < call.pack_vectors) {  // two vectors, one of them golden's
      hn::Store(golden, d, out + (1 - call.first_vector) * kLanes);
      zero = hn::Eq(hn::BitCast(u, golden), hn::Zero(u));
    }
    for (int v = call.first_vector; v < call.first_vector + call.vectors; ++v) {
      const Vec sum = hn::Load(d, call.sums + static_cast<int64_t>(i) * kWidth + v * kLanes);
      const Vec y = finish_lane(call.epilogue, sum, channel, call.has_add,
                                call.has_add ? add.read(add_row, channel, v) : hn::Zero(d));
      hn::Store(y, d, out + v * kLanes);
      zero = hn::And(zero, hn::Eq(hn::BitCast(u, y), hn::Zero(u)));
      dirty |= differing_lanes(y, golden) << (v * kLanes);
      const Vec difference = hn::Sub(y, golden);
      change[v] = hn::MulAdd(difference, difference, change[v]);
    }
    call.out_channels[count] = channel;
    if (!hn::AllTrue(u, zero)) ++count;
  }
  for (int v = 0; v < kLaneVectors; ++v) hn::Store(change[v], d, call.change + v * kLanes);
  *rows = count;
  return dirty;
}

inline void lane_join(const LaneRow* from, int32_t count, float golden, float* row) {
  const Floats d;
  const Vec rest = hn::Set(d, golden);
  for (int v = 0; v < kLaneVectors; ++v) hn::Store(rest, d, row + v * kLanes);
  size_t next = 0;
  for (int32_t i = 0; i < count; ++i) {
    for (int v = 0; v < kLaneVectors; ++v) {
      const uint64_t lanes = from[i].lanes >> (v * kLanes) & ((uint64_t{1} << kLanes) - 1);
      if (lanes == 0) continue;
      uint8_t bits[8];
      std::memcpy(bits, &lanes, sizeof(bits));
      const Vec values = from[i].values != nullptr ? hn::Load(d, from[i].values + v * kLanes) : rest;
      next += hn::CompressBlendedStore(values, hn::LoadMaskBits(d, bits), d, row + next);
    }
  }
}

inline int32_t lane_spread(const float* golden, int32_t channels, float* values, int32_t* out_channels) {
  const Floats d;
  int32_t count = 0;
  for (int32_t c = 0; c < channels; ++c) {
    uint32_t bits;
    std::memcpy(&bits, golden + c, sizeof(bits));
    if (bits == 0) continue;
    const Vec value = hn::Set(d, golden[c]);
    for (int v = 0; v < kLaneVectors; ++v)
      hn::Store(value, d, values + static_cast<int64_t>(count) * kWidth + v * kLanes);
    out_channels[count++] = c;
  }
  return count;
}

inline void lane_add(const LanePixel& pixel, const float* golden, int32_t channels, float* sums) {
  const Floats d;
  if (golden != nullptr) {
    for (int32_t c = 0; c < channels; ++c) {
      for (int v = 0; v < kLaneVectors; ++v) {
        float* sum = sums + static_cast<int64_t>(c) * kWidth + v * kLanes;
        hn::Store(hn::Add(hn::Load(d, sum), hn::Set(d, golden[c])), d, sum);
      }
    }
    return;
  }
  for (int32_t i = 0; i < pixel.count; ++i) {
    for (int v = 0; v < kLaneVectors; ++v) {
      float* sum = sums + static_cast<int64_t>(pixel.channels[i]) * kWidth + v * kLanes;
      const float* row = pixel.values + static_cast<int64_t>(i) * kWidth + v * kLanes;
      hn::Store(hn::Add(hn::Load(d, sum), hn::Load(d, row)), d, sum);
    }
  }
}

inline uint32_t columns(const ColumnsCall& call) {
  const Floats d;
  uint32_t differs = 0;
  for (int32_t l = 0; l < call.faults; l += kLanes) {
    const Vec y = finish(call.epilogue, hn::LoadU(d, call.sums + l), l, l);
    hn::StoreU(y, d, call.out + l);
    differs |= differing_lanes(y, hn::LoadU(d, call.golden + l)) << l;
  }
  return call.faults >= 32 ? differs : differs & ((uint32_t{1} << call.faults) - 1);
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
