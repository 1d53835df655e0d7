// The chains of an output position, faults across the lanes.
#include "core/round_up.hpp"
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/lane_sums.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// Most output channels per pass over the rows: their accumulators fill the registers beside the inputs and
// one weight.
inline constexpr int kMostChannels[kLaneVectors + 1] = {0, kManyRegisters ? 16 : 10, kManyRegisters ? 12 : 5,
                                                        kManyRegisters ? 8 : 3, kManyRegisters ? 6 : 2};

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
  int32_t passes = divide_up(call.channel_count, kMost);
  for (int32_t c = 0; c < call.channel_count; --passes) {
    const int32_t count = divide_up(call.channel_count - c, passes);
    negative_zero |= lane_chains_of<kMost, V>(call, count, c);
    c += count;
  }
  return negative_zero;
}

bool lane_sums(const LaneSumsCall& call) {
  return with_vectors(call.vectors, [&](auto vectors) HWY_ATTR { return lane_sums_of<vectors.value>(call); });
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
