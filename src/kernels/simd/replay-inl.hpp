// What replay computes: one output position for several faults, zero inputs left out; one output channel per
// fault.
#if defined(TFI_SIMD_REPLAY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_REPLAY_INL
#undef TFI_SIMD_REPLAY_INL
#else
#define TFI_SIMD_REPLAY_INL
#endif

#include "kernels/simd/conv2d-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

using Bits = hn::RebindToUnsigned<Floats>;

// Bit per lane of the first `count`: the two vectors differ in some bit.
HWY_INLINE uint64_t differing_lanes(Vec a, Vec b, int64_t count) {
  const Floats d;
  const Bits u;
  const auto differ =
      hn::MaskFromVec(hn::BitCast(d, hn::VecFromMask(u, hn::Ne(hn::BitCast(u, a), hn::BitCast(u, b)))));
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, differ, bytes);
  uint64_t bits = 0;
  std::memcpy(&bits, bytes, sizeof(bits));
  return count >= 64 ? bits : bits & ((uint64_t{1} << count) - 1);
}

// Copies the input pixels of every fault into one array each, [tap][cin], zeros behind the end.
HWY_INLINE void gather_windows(const PixelsCall& call, int64_t stride) {
  const Floats d;
  const int64_t depth = static_cast<int64_t>(call.taps) * call.cin;
  for (int32_t f = 0; f < call.faults; ++f) {
    float* window = call.windows + f * stride;
    const float* const* sources = call.sources + static_cast<int64_t>(f) * call.taps;
    for (int32_t t = 0; t < call.taps; ++t, window += call.cin) {
      // A whole vector may be read and written past a pixel: the next tap overwrites it.
      for (int32_t c = 0; c < call.cin; c += kLanes) hn::StoreU(hn::LoadU(d, sources[t] + c), d, window + c);
    }
    for (int32_t i = 0; i < 16; i += kLanes)
      hn::StoreU(hn::Zero(d), d, call.windows + f * stride + depth + i);
  }
}

// The rows of the chain that are not zero in every window of the chunk, ascending: indices into the windows.
// Returns how many.
HWY_INLINE int32_t list_rows(const PixelsCall& call, const float* windows, int64_t stride, int32_t faults,
                             bool all) {
  const Floats d;
  const Bits u;
  const auto depth = static_cast<uint32_t>(call.taps * call.cin);
  size_t count = 0;
  if (all) {
    for (int32_t tap : call.summed) {
      for (int32_t c = 0; c < call.cin; ++c) call.rows[count++] = static_cast<uint32_t>(tap * call.cin + c);
    }
    return static_cast<int32_t>(count);
  }
  for (uint32_t k = 0; k < depth; k += kLanes) {
    // Zero in every window; a NaN is not equal to zero (Highway's Ne would say false of it).
    auto zero = hn::Eq(hn::LoadU(d, windows + k), hn::Zero(d));
    for (int32_t f = 1; f < faults; ++f) {
      zero = hn::And(zero, hn::Eq(hn::LoadU(d, windows + f * stride + k), hn::Zero(d)));
    }
    const auto nonzero = hn::Not(zero);
    count += hn::CompressStore(hn::Iota(u, k), hn::MaskFromVec(hn::BitCast(u, hn::VecFromMask(d, nonzero))),
                               u, call.rows + count);
  }
  return static_cast<int32_t>(count);
}

// Chains of F faults x Q vectors of channels over the listed rows. False: rows were left out and a chain
// ended in -0; nothing is done.
template <int F, int Q>
HWY_INLINE bool chains(const PixelsCall& call, const float* windows, int64_t stride, int32_t rows,
                       const float* weights, int32_t first_fault, int32_t channel, bool all,
                       uint64_t* differs) {
  const Floats d;
  const Bits u;
  Vec acc[F][Q];
  for (int f = 0; f < F; ++f) {
    for (int q = 0; q < Q; ++q) acc[f][q] = hn::Zero(d);
  }
  const float* x[F];
  for (int f = 0; f < F; ++f) x[f] = windows + f * stride;
  for (int32_t i = 0; i < rows; ++i) {
    const uint32_t k = call.rows[i];
    const float* w = weights + static_cast<int64_t>(k) * Q * kLanes;
    Vec weight[Q];
    for (int q = 0; q < Q; ++q) weight[q] = hn::Load(d, w + q * kLanes);
    for (int f = 0; f < F; ++f) {
      const Vec value = hn::Set(d, x[f][k]);
      for (int q = 0; q < Q; ++q) acc[f][q] = hn::MulAdd(value, weight[q], acc[f][q]);
    }
  }
  if (!all) {
    auto negative_zero = hn::Ne(hn::Zero(u), hn::Zero(u));
    for (int f = 0; f < F; ++f) {
      for (int q = 0; q < Q; ++q) {
        negative_zero = hn::Or(negative_zero, hn::Eq(hn::BitCast(u, acc[f][q]), hn::Set(u, 0x80000000u)));
      }
    }
    if (!hn::AllFalse(u, negative_zero)) return false;
  }
  EpilogueCall epilogue = call.epilogue;
  for (int f = 0; f < F; ++f) {
    if (call.add != nullptr) epilogue.add = call.add[first_fault + f];
    uint64_t any = 0;
    for (int q = 0; q < Q; ++q) {
      const int64_t co = channel + q * kLanes;
      const Vec y = finish(epilogue, acc[f][q], co, co);
      any |= differing_lanes(y, hn::LoadU(d, call.golden + co), call.cout - co);
      store_lanes(y, call.out[first_fault + f] + co, call.cout - co);
    }
    if (any != 0) *differs |= uint64_t{1} << (first_fault + f);
  }
  return true;
}

// All channels of `count` faults from `first` on. False: a chain ended in -0, nothing of it counts.
template <int F>
HWY_NOINLINE bool pixels_chunk(const PixelsCall& call, int32_t first, int64_t stride, bool all,
                               uint64_t* differs) {
  const float* windows = call.windows + first * stride;
  const int32_t rows = list_rows(call, windows, stride, F, all);
  const int32_t vectors = (call.cout + kLanes - 1) / kLanes;
  const int64_t depth = static_cast<int64_t>(call.taps) * call.cin;
  for (int32_t v = 0; v < vectors; v += kVectorsPerBlock) {
    const float* weights = call.weights + v * kLanes * depth;
    bool done = false;
    switch (std::min(kVectorsPerBlock, vectors - v)) {
      case 1:
        done = chains<F, 1>(call, windows, stride, rows, weights, first, v * kLanes, all, differs);
        break;
      case 2:
        done = chains<F, 2>(call, windows, stride, rows, weights, first, v * kLanes, all, differs);
        break;
      case 3:
        done = chains<F, 3>(call, windows, stride, rows, weights, first, v * kLanes, all, differs);
        break;
      default:
        done = chains<F, 4>(call, windows, stride, rows, weights, first, v * kLanes, all, differs);
        break;
    }
    if (!done) return false;
  }
  return true;
}

template <int F>
HWY_INLINE void pixels_chunk_or_all(const PixelsCall& call, int32_t first, int64_t stride,
                                    uint64_t* differs) {
  if (call.skip_zeros && pixels_chunk<F>(call, first, stride, false, differs)) return;
  pixels_chunk<F>(call, first, stride, true, differs);
}

inline uint64_t conv2d_pixels(const PixelsCall& call) {
  const int64_t stride = window_stride(call.taps, call.cin);
  gather_windows(call, stride);
  uint64_t differs = 0;
  for (int32_t f = 0; f < call.faults;) {
    const int32_t left = call.faults - f;
    if (kManyRegisters && left >= 6) {
      pixels_chunk_or_all<6>(call, f, stride, &differs);
      f += 6;
    } else if (left >= 4) {
      pixels_chunk_or_all<4>(call, f, stride, &differs);
      f += 4;
    } else if (left >= 2) {
      pixels_chunk_or_all<2>(call, f, stride, &differs);
      f += 2;
    } else {
      pixels_chunk_or_all<1>(call, f, stride, &differs);
      f += 1;
    }
  }
  return differs;
}

inline uint64_t columns(const ColumnsCall& call) {
  const Floats d;
  uint64_t differs = 0;
  for (int32_t l = 0; l < call.faults; l += kLanes) {
    const Vec y = finish(call.epilogue, hn::LoadU(d, call.sums + l), l, l);
    hn::StoreU(y, d, call.out + l);
    differs |= differing_lanes(y, hn::LoadU(d, call.golden + l), call.faults - l) << l;
  }
  return differs;
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
