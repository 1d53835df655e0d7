// The most multiply-adds that this instruction set does: chains in registers, no memory. What kernels are
// measured against.
#if defined(TFI_SIMD_PEAK_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef TFI_SIMD_PEAK_INL
#undef TFI_SIMD_PEAK_INL
#else
#define TFI_SIMD_PEAK_INL
#endif

#include "kernels/simd/conv2d-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace tf_injector::simd::HWY_NAMESPACE {

// Two units of a latency of 4 or 5 want 10 chains in flight; 12 fit into 16 registers beside the factors.
constexpr int kPeakChains = 12;

HWY_NOINLINE float multiply_add_chains(int64_t rounds) {
  const Vec factor = hn::Set(kFloats, 0.999f);
  const Vec term = hn::Set(kFloats, 0.001f);
  Vec chain[kPeakChains];
  for (int i = 0; i < kPeakChains; ++i) chain[i] = hn::Set(kFloats, static_cast<float>(i));
  for (int64_t round = 0; round < rounds; ++round) {
    for (int i = 0; i < kPeakChains; ++i) chain[i] = hn::MulAdd(chain[i], factor, term);
  }
  Vec sum = chain[0];
  for (int i = 1; i < kPeakChains; ++i) sum = hn::Add(sum, chain[i]);
  return hn::GetLane(sum);
}

}  // namespace tf_injector::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
