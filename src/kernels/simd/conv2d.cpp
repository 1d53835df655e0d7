// Convolution: P positions x Q vectors of output channels in registers, one chain of fma per output in the
// order kh, kw, cin.
#include <algorithm>

#include "core/round_up.hpp"
#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/conv2d.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/accumulate-inl.hpp"
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// The blocks of a sum: what closed chains add up to.
template <int P, int Q>
class BlockSums {
 public:
  HWY_INLINE explicit BlockSums(const ConvCall& call) : call_(call), left_(call.blocks.front()) {
    for (int p = 0; p < P; ++p) {
      for (int q = 0; q < Q; ++q) sum_[p][q] = first_[p][q] = hn::Zero(kFloats);
    }
  }
  HWY_INLINE int64_t left() const { return left_; }  // products of the block
  // The next `count` products are in `acc`: begins it anew where they end the block.
  HWY_INLINE void add(int64_t count, Vec (&acc)[P][Q]) {
    left_ -= count;
    if (left_ > 0) return;
    const bool begins = block_ == 0 || block_ == call_.second;
    for (int p = 0; p < P; ++p) {
      for (int q = 0; q < Q; ++q) {
        if (begins && block_ > 0) first_[p][q] = sum_[p][q];
        sum_[p][q] = begins ? acc[p][q] : hn::Add(sum_[p][q], acc[p][q]);
        acc[p][q] = hn::Zero(kFloats);
      }
    }
    if (++block_ < call_.blocks.size()) left_ = call_.blocks[block_];
  }
  HWY_INLINE void total(Vec (&acc)[P][Q]) const {
    for (int p = 0; p < P; ++p) {
      for (int q = 0; q < Q; ++q)
        acc[p][q] = call_.second > 0 ? hn::Add(first_[p][q], sum_[p][q]) : sum_[p][q];
    }
  }

 private:
  const ConvCall& call_;
  size_t block_ = 0;
  int64_t left_;
  Vec sum_[P][Q], first_[P][Q];
};

enum class ConvSum { chain, chain_with_before, blocks };

// Up to kPositions positions of one class (`first` counts positions over all images), Q vectors of channels
// from `channel` on.
template <int Q, ConvSum kSum>
HWY_INLINE void conv2d_block(const ConvCall& call, const PositionClass& positions, int64_t first,
                             int64_t count, const float* weights, int32_t channel) {
  constexpr int P = kPositions<Q>;
  const float* image[P];
  const int32_t* offsets[P];
  int64_t out[P];
  int64_t n = first / positions.positions, position = first % positions.positions;
  for (int p = 0; p < P; ++p) {
    image[p] = call.in + n * call.in_image;
    const int64_t at = positions.among != nullptr ? positions.among[position] : position;
    offsets[p] = positions.input + at * positions.taps;
    out[p] = n * call.out_image + static_cast<int64_t>(positions.output[at]) * call.out_stride;
    if (p + 1 >= count) continue;  // a short block repeats its last position
    if (++position == positions.positions) {
      position = 0;
      ++n;
    }
  }
  Vec acc[P][Q];
  for (int p = 0; p < P; ++p) {
    for (int q = 0; q < Q; ++q) acc[p][q] = hn::Zero(kFloats);
  }
  const auto find_inputs = [&](int32_t t, const float** in) {
    for (int p = 0; p < P; ++p) in[p] = offsets[p][t] == kOutside ? call.zeros : image[p] + offsets[p][t];
  };
  if constexpr (kSum == ConvSum::blocks) {
    BlockSums<P, Q> sums(call);
    const float* w = weights;
    for (int32_t t = 0; t < positions.taps; ++t) {
      const float* in[P];
      find_inputs(t, in);
      for (int32_t left = call.cin; left > 0;) {
        const auto some = static_cast<int32_t>(std::min<int64_t>(left, sums.left()));
        accumulate<P, Q>(in, w, some, acc);
        sums.add(some, acc);
        for (const float*& row : in) row += some;
        w += some * Q * kLanes;
        left -= some;
      }
    }
    sums.total(acc);
  } else {
    for (int32_t t = 0; t < positions.taps; ++t) {
      const float* in[P];
      find_inputs(t, in);
      accumulate<P, Q>(in, weights + static_cast<int64_t>(positions.tap[t]) * call.cin * Q * kLanes, call.cin,
                       acc);
    }
  }
#pragma GCC unroll 16
  for (int p = 0; p < P; ++p) {
    if (p >= count) break;
#pragma GCC unroll 16
    for (int q = 0; q < Q; ++q) {
      const int64_t co = channel + q * kLanes;
      finish_to<kSum == ConvSum::chain_with_before>(call.epilogue, acc[p][q], co, out[p] + co, call.out,
                                                    call.cout - co);
    }
  }
}

template <int Q, ConvSum kSum>
HWY_NOINLINE void conv2d_channels(const ConvCall& call, const float* weights, int32_t channel) {
  for (const PositionClass& positions : call.classes) {
    const int64_t all = static_cast<int64_t>(positions.positions) * call.images;
    for (int64_t first = 0; first < all; first += kPositions<Q>) {
      conv2d_block<Q, kSum>(call, positions, first, std::min<int64_t>(kPositions<Q>, all - first), weights,
                            channel);
    }
  }
}

template <ConvSum kSum>
HWY_INLINE void conv2d_of(const ConvCall& call) {
  const int32_t vectors = divide_up(call.cout, kLanes);
  const int64_t depth = static_cast<int64_t>(call.kernel_taps) * call.cin;
  for (int32_t first = 0; first < vectors; first += kVectorsPerBlock) {
    const float* weights = call.weights + first * kLanes * depth;
    const int32_t channel = first * kLanes;
    switch (std::min(kVectorsPerBlock, vectors - first)) {
      case 1:
        if (kSum != ConvSum::blocks && call.rows != nullptr) {
          conv2d_rows(call, weights, channel);
        } else {
          conv2d_channels<1, kSum>(call, weights, channel);
        }
        break;
      case 2:
        conv2d_channels<2, kSum>(call, weights, channel);
        break;
      case 3:
        conv2d_channels<3, kSum>(call, weights, channel);
        break;
      default:
        conv2d_channels<4, kSum>(call, weights, channel);
        break;
    }
  }
}

void conv2d(const ConvCall& call) {
  if (!call.blocks.empty()) {
    conv2d_of<ConvSum::blocks>(call);
  } else if (call.epilogue.before != nullptr) {
    conv2d_of<ConvSum::chain_with_before>(call);
  } else {
    conv2d_of<ConvSum::chain>(call);
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
