// Fully connected: rows x vectors of units in registers; each block of inputs is its own chain, block results
// are added in order.
#include <algorithm>

#include "core/round_up.hpp"
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/dense.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/accumulate-inl.hpp"
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

template <int Q>
HWY_NOINLINE void dense_units(const DenseCall& call, const float* weights, int32_t unit) {
  constexpr int P = kPositions<Q>;
  for (int32_t first = 0; first < call.rows; first += P) {
    const int32_t count = std::min<int32_t>(P, call.rows - first);
    Vec sum[P][Q];
    int64_t k = 0;
    for (size_t b = 0; b < call.blocks.size(); ++b) {
      const float* in[P];
      for (int p = 0; p < P; ++p)
        in[p] = call.in + static_cast<int64_t>(first + std::min(p, count - 1)) * call.inputs + k;
      Vec acc[P][Q];
      for (int p = 0; p < P; ++p) {
        for (int q = 0; q < Q; ++q) acc[p][q] = hn::Zero(kFloats);
      }
      accumulate<P, Q>(in, weights + k * Q * kLanes, static_cast<int32_t>(call.blocks[b]), acc);
      for (int p = 0; p < P; ++p) {
        for (int q = 0; q < Q; ++q) sum[p][q] = b == 0 ? acc[p][q] : hn::Add(sum[p][q], acc[p][q]);
      }
      k += call.blocks[b];
    }
    for (int p = 0; p < count; ++p) {
      for (int q = 0; q < Q; ++q) {
        const int64_t co = unit + q * kLanes;
        const int64_t at = static_cast<int64_t>(first + p) * call.units + co;
        if (call.epilogue.before != nullptr) {
          finish_to<true>(call.epilogue, sum[p][q], co, at, call.out, call.units - co);
        } else {
          finish_to<false>(call.epilogue, sum[p][q], co, at, call.out, call.units - co);
        }
      }
    }
  }
}

void dense(const DenseCall& call) {
  const int32_t vectors = divide_up(call.units, kLanes);
  for (int32_t first = 0; first < vectors; first += kVectorsPerBlock) {
    const float* weights = call.weights + static_cast<int64_t>(first) * kLanes * call.inputs;
    const int32_t unit = first * kLanes;
    switch (std::min(kVectorsPerBlock, vectors - first)) {
      case 1:
        dense_units<1>(call, weights, unit);
        break;
      case 2:
        dense_units<2>(call, weights, unit);
        break;
      case 3:
        dense_units<3>(call, weights, unit);
        break;
      default:
        dense_units<4>(call, weights, unit);
        break;
    }
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
