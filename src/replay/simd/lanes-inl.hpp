// What the entries of replay share: masks of lanes, and the lanes of a pixel put among others.
#if defined(TFI_REPLAY_SIMD_LANES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_REPLAY_SIMD_LANES_INL
#undef TFI_REPLAY_SIMD_LANES_INL
#else
#define TFI_REPLAY_SIMD_LANES_INL
#endif

#include <hwy/cache_control.h>

#include <cstring>
#include <type_traits>

#include "kernels/simd/epilogue-inl.hpp"
#include "replay/simd/pack_table.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

using namespace tf_injector::detail::simd::HWY_NAMESPACE;  // vectors, epilogue, sums of channels

using Bits = hn::RebindToUnsigned<Floats>;
inline constexpr int kWidth = kLaneVectors * kLanes;
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
      _mm512_maskz_expand_epi32(static_cast<__mmask16>(lanes), hn::Iota(u, 0).raw)};  // changed lanes only
#else
  const auto below = hn::Sub(hn::Shl(hn::Set(u, 1u), hn::Iota(u, 0)), hn::Set(u, 1u));
  return hn::PopulationCount(hn::And(hn::Set(u, static_cast<uint32_t>(lanes)), below));
#endif
}

// The lanes of a pixel's rows, put among the wanted ones: V vectors of them.
template <int V>
struct LanePlaces {
  hn::Mask<Floats> changed_lanes[V];
  hn::Vec<Bits> rank[V];  // of each lane among the changed ones of its vector
  int32_t at[V];          // where the vector's changed lanes begin in a row
  int32_t stride;         // of the pixel's rows

  HWY_INLINE LanePlaces(LaneMask pixel_lanes, LaneMask wanted)
      : stride(vectors_of(count_lanes(pixel_lanes)) * kLanes) {
    const LaneMask places = places_among(pixel_lanes, wanted);
    for (int v = 0, next = 0; v < V; ++v) {
      const LaneMask some = lanes_of_vector(places, v);
      changed_lanes[v] = lane_mask(some);
      rank[v] = ranks(some);
      at[v] = next;
      next += count_lanes(some);
    }
  }
  // Vector v of a row, `rest` in the lanes that are not changed.
  HWY_INLINE Vec read(const float* row, int v, Vec rest) const {
    const Floats d;
    return hn::IfThenElse(changed_lanes[v],
                          hn::TableLookupLanes(hn::LoadU(d, row + at[v]), hn::IndicesFromVec(d, rank[v])),
                          rest);
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

// The channels of the golden run's pixel that are not +0. What a store writes too much, the next one writes
// over.
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

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
