// The most multiply-adds that this instruction set does: chains in registers, no memory. What kernels are
// measured against.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/peak.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

float multiply_add_chains(int64_t rounds) {
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

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
