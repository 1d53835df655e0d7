// The inner loop of convolution and Dense: P rows of inputs x Q vectors of output channels in registers.
#if defined(TFI_SIMD_ACCUMULATE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_ACCUMULATE_INL
#undef TFI_SIMD_ACCUMULATE_INL
#else
#define TFI_SIMD_ACCUMULATE_INL
#endif

#include "kernels/simd/epilogue-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// Positions per block for Q vectors of channels: as many accumulators as the registers hold beside Q weights
// and an input.
template <int Q>
inline constexpr int kPositions = kManyRegisters ? (Q == 4 ? 6 : 8) : (Q == 2 ? 6 : 8);

// acc[p][q] += sum over c of in[p][c] * w[c][q], c ascending.
template <int P, int Q>
HWY_INLINE void accumulate(const float* const* HWY_RESTRICT in, const float* HWY_RESTRICT w, int32_t cin,
                           Vec (&acc)[P][Q]) {
  const Floats d;
  const float* row[P];
  for (int p = 0; p < P; ++p) row[p] = in[p];
  const auto add_input = [&](int32_t c) HWY_ATTR {
    Vec weight[Q];
    for (int q = 0; q < Q; ++q) weight[q] = hn::Load(d, w + (c * Q + q) * kLanes);
    for (int p = 0; p < P; ++p) {
      const Vec x = hn::Set(d, row[p][c]);
      for (int q = 0; q < Q; ++q) acc[p][q] = hn::MulAdd(x, weight[q], acc[p][q]);
    }
  };
  if constexpr (Q == 1) {  // the inputs are operands in memory, of one pointer each
    constexpr int32_t kUnrolled = 4;
    for (; cin >= kUnrolled; cin -= kUnrolled) {
      for (int32_t c = 0; c < kUnrolled; ++c) add_input(c);
      for (int p = 0; p < P; ++p) row[p] = apart(row[p] + kUnrolled);
      w += kUnrolled * kLanes;
    }
  }
  for (int32_t c = 0; c < cin; ++c) add_input(c);
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
