// One table per instruction set. This file is compiled once per Highway target by foreach_target.h.
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/simd_table.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "core/round_up.hpp"
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

SimdTable make_table(KernelSet set) {
  return {.set = set,
          .lanes = static_cast<int>(hn::Lanes(kFloats)),
          .vectors_per_block = kVectorsPerBlock,
          .conv2d = &conv2d,
          .channel_conv2d = &channel_conv2d,
          .max_pool = &max_pool,
          .dense = &dense,
          .elementwise = &elementwise,
          .function = &function,
          .plane_columns = &plane_columns,
          .multiply_add_chains = &multiply_add_chains,
          .multiply_adds_per_round = kPeakChains * kLanes};
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif

#if HWY_ONCE
namespace tf_injector::detail::simd {

const SimdTable* simd_table(KernelSet set) {
#if HWY_TARGETS & HWY_AVX3
  if (set == KernelSet::avx512 && (hwy::SupportedTargets() & HWY_AVX3) != 0) {
    static const SimdTable table = N_AVX3::make_table(set);
    return &table;
  }
#endif
#if HWY_TARGETS & HWY_AVX2
  if (set == KernelSet::avx2 && (hwy::SupportedTargets() & HWY_AVX2) != 0) {
    static const SimdTable table = N_AVX2::make_table(set);
    return &table;
  }
#endif
#if HWY_TARGETS & HWY_NEON
  if (set == KernelSet::neon && (hwy::SupportedTargets() & HWY_NEON) != 0) {
    static const SimdTable table = N_NEON::make_table(set);
    return &table;
  }
#endif
  return nullptr;
}

PlaneLayout::PlaneLayout(const ConvRows& r, int64_t cin, int lanes)
    : rows(r.out_h + r.kernel_h - 1),
      pitch(r.out_w + r.kernel_w - 1),
      planes(cin + (r.adds_outside ? 0 : 1)) {
  places = round_up(r.out_h * pitch, lanes);
  // The last place's last tap; an odd number of cache lines, so that planes do not meet in the same places of
  // a cache.
  constexpr int64_t kLine = 16;
  const int64_t lines = divide_up(places + (r.kernel_h - 1) * pitch + r.kernel_w - 1, kLine);
  stride = (lines | 1) * kLine;
}

namespace {

struct Block {
  int64_t first_vector = 0;
  int64_t vectors = 0;
};

Block block_of(const SimdTable& table, int64_t cout, int64_t co) {
  const int64_t all = divide_up(cout, table.lanes);
  const int64_t first = co / table.lanes / table.vectors_per_block * table.vectors_per_block;
  return {first, all - first < table.vectors_per_block ? all - first : table.vectors_per_block};
}

}  // namespace

int64_t packed_index(const SimdTable& table, int64_t depth, int64_t cout, int64_t k, int64_t co) {
  const Block block = block_of(table, cout, co);
  return block.first_vector * table.lanes * depth + k * block.vectors * table.lanes +
         (co - block.first_vector * table.lanes);
}

int64_t packed_size(const SimdTable& table, int64_t depth, int64_t cout) {
  return round_up(cout, table.lanes) * depth;
}

}  // namespace tf_injector::detail::simd
#endif  // HWY_ONCE
