// One table of replay per instruction set. This file is compiled once per Highway target by foreach_target.h.
#include "replay/simd/pack_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "replay/simd/pack_table.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "replay/simd/lanes-inl.hpp"
#include "replay/simd/pack_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::replay::simd::HWY_NAMESPACE {

PackTable make_pack_table(KernelSet set) {
  return {.set = set,
          .lanes = static_cast<int>(hn::Lanes(kFloats)),
          .lane_window = &lane_window,
          .lane_merge = &lane_merge,
          .lane_sums = &lane_sums,
          .item_sums = &item_sums,
          .lane_most = &lane_most,
          .channel_window = &channel_window,
          .lane_maxima = &lane_maxima,
          .lane_nonzero = &lane_nonzero,
          .lane_finish = &lane_finish,
          .lane_join = &lane_join,
          .lane_add = &lane_add,
          .columns = &columns,
          .squares = &squares};
}

}  // namespace tf_injector::detail::replay::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tf_injector::detail::replay::simd {

const PackTable* pack_table(KernelSet set) {
#if HWY_TARGETS & HWY_AVX3
  if (set == KernelSet::avx512 && (hwy::SupportedTargets() & HWY_AVX3) != 0) {
    static const PackTable table = N_AVX3::make_pack_table(set);
    return &table;
  }
#endif
#if HWY_TARGETS & HWY_AVX2
  if (set == KernelSet::avx2 && (hwy::SupportedTargets() & HWY_AVX2) != 0) {
    static const PackTable table = N_AVX2::make_pack_table(set);
    return &table;
  }
#endif
#if HWY_TARGETS & HWY_NEON
  if (set == KernelSet::neon && (hwy::SupportedTargets() & HWY_NEON) != 0) {
    static const PackTable table = N_NEON::make_pack_table(set);
    return &table;
  }
#endif
  return nullptr;
}

}  // namespace tf_injector::detail::replay::simd
#endif  // HWY_ONCE
