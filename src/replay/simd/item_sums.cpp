// The chains of single items (faults at a position, positions of one fault), output channels across the
// lanes: what pays where there are few faults to compute.
#include "core/round_up.hpp"
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/item_sums.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

// Items per pass over the rows, by the vectors of channels.
inline constexpr int kMostItems[5] = {0, kManyRegisters ? 12 : 8, kManyRegisters ? 8 : 4,
                                      kManyRegisters ? 7 : 0, kManyRegisters ? 6 : 0};

// One pass: V vectors of channels, the first at `channel` of the weights' rows.
struct ItemPass {
  const float* weights = nullptr;
  const int32_t* weight_at = nullptr;  // null: packed rows, `stride` apart
  int32_t stride = 0;
  int32_t first = 0, end = 0;  // of call.channels: those in these vectors
  int32_t channel = 0;         // that the vectors begin with; packed: index into call.channels
};

template <int F, int V>
HWY_INLINE bool item_chains(const ItemSumsCall& call, const ItemPass& pass, int32_t first) {
  const Floats d;
  const Bits u;
  Vec acc[F][V];
  for (int f = 0; f < F; ++f) {
    for (int v = 0; v < V; ++v) acc[f][v] = hn::Zero(d);
  }
  const float* const x = call.values + first;
  const auto row = [&](const float* weights, int32_t at) HWY_ATTR {
    const float* const item = apart(x + at);
    Vec weight[V];
    for (int v = 0; v < V; ++v) weight[v] = hn::LoadU(d, weights + v * kLanes);
    for (int f = 0; f < F; ++f) {
      const Vec in = hn::Set(d, item[f]);
      for (int v = 0; v < V; ++v) acc[f][v] = hn::MulAdd(in, weight[v], acc[f][v]);
    }
  };
  if (pass.weight_at != nullptr) {
    const float* const w = pass.weights + pass.channel;
    for (int32_t r = 0; r < call.rows; ++r) {
      const float* const ahead = w + row_ahead(pass.weight_at, r, call.rows);
      for (int v = 0; v < V; ++v) hwy::Prefetch(ahead + v * kLanes);
      row(w + pass.weight_at[r], call.value_at[r]);
    }
  } else {
    const float* w = pass.weights;
    for (int32_t r = 0; r < call.rows; ++r, w += pass.stride) row(w, call.value_at[r]);
  }
  auto negative_zero = hn::Ne(hn::Zero(u), hn::Zero(u));
  for (int f = 0; f < F; ++f) {
    HWY_ALIGN float out[V * kLanes];
    for (int v = 0; v < V; ++v) {
      negative_zero = hn::Or(negative_zero, hn::Eq(hn::BitCast(u, acc[f][v]), hn::Set(u, 0x80000000u)));
      hn::Store(acc[f][v], d, out + v * kLanes);
    }
    float* sums = call.sums + (first + f);
    for (int32_t i = pass.first; i < pass.end; ++i) {
      const float chain = out[(pass.weight_at != nullptr ? call.channels[i] : i) - pass.channel];
      float& sum = sums[static_cast<int64_t>(i) * call.channel_stride];
      sum = call.add_to_sums ? sum + chain : chain;
    }
  }
  return !hn::AllFalse(u, negative_zero);
}

template <int F, int V>
HWY_NOINLINE bool item_chains_of(const ItemSumsCall& call, const ItemPass& pass, int32_t count,
                                 int32_t first) {
  if constexpr (F > 1) {
    if (count < F) return item_chains_of<F - 1, V>(call, pass, count, first);
  }
  return item_chains<F, V>(call, pass, first);
}

template <int V>
HWY_INLINE bool item_passes(const ItemSumsCall& call, const ItemPass& pass) {
  constexpr int kMost = kMostItems[V];
  bool negative_zero = false;
  int32_t passes = divide_up(call.count, kMost);
  for (int32_t f = 0; f < call.count; --passes) {
    const int32_t count = divide_up(call.count - f, passes);
    negative_zero |= item_chains_of<kMost, V>(call, pass, count, f);
    f += count;
  }
  return negative_zero;
}

inline bool item_passes_of(const ItemSumsCall& call, const ItemPass& pass, int32_t vectors) {
  if constexpr (kVectorsPerBlock > 2) {
    if (vectors == 3) return item_passes<3>(call, pass);
    if (vectors == 4) return item_passes<4>(call, pass);
  }
  return vectors == 1 ? item_passes<1>(call, pass) : item_passes<2>(call, pass);
}

// The wanted channels of every row, one behind the other. What a store writes too much, the next one writes
// over.
inline void pack_channels(const ItemSumsCall& call, int32_t stride) {
  const Floats d;
  hn::Mask<Floats> masks[kMostPackedVectors];
  int32_t from[kMostPackedVectors], at[kMostPackedVectors], parts = 0;
  for (int32_t next = 0, v = 0; next < call.channel_count; ++v) {
    LaneMask bits = 0;
    at[parts] = next;
    for (; next < call.channel_count && call.channels[next] < (v + 1) * kLanes; ++next)
      bits |= LaneMask{1} << (call.channels[next] - v * kLanes);
    if (bits == 0) continue;
    from[parts] = v * kLanes;
    masks[parts++] = lane_mask(bits);
  }
  float* row = call.packed;
  for (int32_t r = 0; r < call.rows; ++r, row += stride) {
    const float* weights = call.weights + call.weight_at[r];
    for (int32_t i = 0; i < parts; ++i)
      hn::StoreU(hn::Compress(hn::LoadU(d, weights + from[i]), masks[i]), d, row + at[i]);
  }
}

bool item_sums(const ItemSumsCall& call) {
  bool negative_zero = false;
  if (call.packed != nullptr) {
    const int32_t vectors = divide_up(call.channel_count, kLanes), stride = vectors * kLanes;
    pack_channels(call, stride);
    for (int32_t v = 0; v < vectors; v += kVectorsPerBlock) {
      const int32_t some = HWY_MIN(kVectorsPerBlock, vectors - v);
      const ItemPass pass{.weights = call.packed + v * kLanes,
                          .stride = stride,
                          .first = v * kLanes,
                          .end = HWY_MIN(call.channel_count, (v + some) * kLanes),
                          .channel = v * kLanes};
      negative_zero |= item_passes_of(call, pass, some);
    }
    return negative_zero;
  }
  for (int32_t first = 0, end = 0; first < call.channel_count; first = end) {
    const int32_t channel = call.channels[first] / kLanes * kLanes;
    const int32_t most = channel + kVectorsPerBlock * kLanes;
    while (end < call.channel_count && call.channels[end] < most) ++end;
    const ItemPass pass{
        .weights = call.weights, .weight_at = call.weight_at, .first = first, .end = end, .channel = channel};
    negative_zero |= item_passes_of(call, pass, (call.channels[end - 1] - channel) / kLanes + 1);
  }
  return negative_zero;
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
