// Convolution of stride 1 into a few output channels, with the vectors across the positions: the channels of
// the image become planes, one behind the other, with the border around them. A sum still is one chain of fma
// in the order kh, kw, cin.
#include <algorithm>

#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/plane_columns.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// Vectors of positions, and output channels, that are worked on together.
inline constexpr int kPlaneVectors = kManyRegisters ? 6 : 4;
inline constexpr int kPlaneColumns = kManyRegisters ? 4 : 2;

// Four pixels' four channels, `in_stride` floats from pixel to pixel, into four planes.
HWY_INLINE void transpose_4x4(const float* in, int64_t in_stride, float* out, int64_t out_stride) {
  const hn::FixedTag<float, 4> d;
  const auto a = hn::LoadU(d, in), b = hn::LoadU(d, in + in_stride), c = hn::LoadU(d, in + 2 * in_stride),
             e = hn::LoadU(d, in + 3 * in_stride);
  const auto ab_low = hn::InterleaveLower(d, a, b), ab_high = hn::InterleaveUpper(d, a, b);
  const auto ce_low = hn::InterleaveLower(d, c, e), ce_high = hn::InterleaveUpper(d, c, e);
  hn::StoreU(hn::ConcatLowerLower(d, ce_low, ab_low), d, out);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_low, ab_low), d, out + out_stride);
  hn::StoreU(hn::ConcatLowerLower(d, ce_high, ab_high), d, out + 2 * out_stride);
  hn::StoreU(hn::ConcatUpperUpper(d, ce_high, ab_high), d, out + 3 * out_stride);
}

// A row of `pixels` pixels into the planes of its channels.
HWY_INLINE void split_row(const float* in, int64_t pixels, int64_t channels, float* out, int64_t stride) {
  int64_t c = 0;
  for (; c + 4 <= channels; c += 4) {
    int64_t x = 0;
    for (; x + 4 <= pixels; x += 4)
      transpose_4x4(in + x * channels + c, channels, out + c * stride + x, stride);
    for (; x < pixels; ++x) {
      for (int64_t i = c; i < c + 4; ++i) out[i * stride + x] = in[x * channels + i];
    }
  }
  for (; c < channels; ++c) {
    for (int64_t x = 0; x < pixels; ++x) out[c * stride + x] = in[x * channels + c];
  }
}

// Zeros wherever a plane has no pixel; and, where taps outside the image are left out of the sums, behind the
// planes one that is 1 inside the image.
inline void fill_planes(const PlaneCall& call, const PlaneLayout& layout) {
  const ConvRows& g = *call.rows;
  const int64_t pixels = std::min<int64_t>(g.in_w, layout.pitch - g.pad_left);
  const int64_t rows = std::min<int64_t>(g.in_h, layout.rows - g.pad_top);
  const int64_t planes = call.cin + (g.adds_outside ? 0 : 1);
  const int64_t begin = g.pad_top * layout.pitch + g.pad_left;
  for (int64_t p = 0; p < planes; ++p) {
    float* plane = call.room + p * layout.stride;
    std::fill_n(plane, begin, 0.0f);
    for (int64_t y = 0; y + 1 < rows; ++y)
      std::fill_n(plane + begin + y * layout.pitch + pixels, layout.pitch - pixels, 0.0f);
    const int64_t end = begin + (rows - 1) * layout.pitch + pixels;
    std::fill_n(plane + end, layout.stride - end, 0.0f);
  }
  for (int64_t y = 0; y < rows; ++y) {
    float* row = call.room + begin + y * layout.pitch;
    split_row(call.in + y * g.in_w * call.cin, pixels, call.cin, row, layout.stride);
    if (!g.adds_outside) std::fill_n(row + call.cin * layout.stride, pixels, 1.0f);
  }
}

// C columns from `column` on, V vectors of places from `at` on, into the sums of the planes.
template <int C, int V, bool kAddsOutside>
HWY_INLINE void plane_block(const PlaneCall& call, const PlaneLayout& layout, int32_t column, int64_t at,
                            float* sums) {
  const Floats d;
  const ConvRows& g = *call.rows;
  Vec acc[C][V];
  for (int c = 0; c < C; ++c) {
    for (int v = 0; v < V; ++v) acc[c][v] = hn::Zero(d);
  }
  const float* weight = call.weights + column;
  for (int32_t ky = 0; ky < g.kernel_h; ++ky) {
    for (int32_t kx = 0; kx < g.kernel_w; ++kx) {
      const float* in = call.room + at + ky * layout.pitch + kx;
      const float* inside = in + call.cin * layout.stride;
      hn::Mask<Floats> is_inside[V];
      if constexpr (!kAddsOutside) {
        for (int v = 0; v < V; ++v) is_inside[v] = hn::Ne(hn::LoadU(d, inside + v * kLanes), hn::Zero(d));
      }
      for (int32_t i = 0; i < call.cin; ++i, in += layout.stride, weight += call.weights_stride) {
        Vec w[C];
        for (int c = 0; c < C; ++c) w[c] = hn::Set(d, weight[c]);
        for (int v = 0; v < V; ++v) {
          const Vec x = hn::LoadU(d, in + v * kLanes);
          for (int c = 0; c < C; ++c) {
            const Vec sum = hn::MulAdd(x, w[c], acc[c][v]);
            if constexpr (kAddsOutside) {
              acc[c][v] = sum;
            } else {
              acc[c][v] = hn::IfThenElse(is_inside[v], sum, acc[c][v]);
            }
          }
        }
      }
    }
  }
  for (int c = 0; c < C; ++c) {
    for (int v = 0; v < V; ++v)
      hn::StoreU(acc[c][v], d, sums + (column + c) * layout.places + at + v * kLanes);
  }
}

template <int C, bool kAddsOutside>
HWY_NOINLINE void plane_sums(const PlaneCall& call, const PlaneLayout& layout, int32_t column, float* sums) {
  int64_t at = 0;
  for (; at + kPlaneVectors * kLanes <= layout.places; at += kPlaneVectors * kLanes)
    plane_block<C, kPlaneVectors, kAddsOutside>(call, layout, column, at, sums);
  for (; at + 2 * kLanes <= layout.places; at += 2 * kLanes)
    plane_block<C, 2, kAddsOutside>(call, layout, column, at, sums);
  if (at < layout.places) plane_block<C, 1, kAddsOutside>(call, layout, column, at, sums);
}

template <bool kAddsOutside>
inline void all_plane_sums(const PlaneCall& call, const PlaneLayout& layout, float* sums) {
  int32_t column = 0;
  if constexpr (kPlaneColumns == 4) {
    for (; column + 4 <= call.columns; column += 4) plane_sums<4, kAddsOutside>(call, layout, column, sums);
  }
  for (; column + 2 <= call.columns; column += 2) plane_sums<2, kAddsOutside>(call, layout, column, sums);
  for (; column < call.columns; ++column) plane_sums<1, kAddsOutside>(call, layout, column, sums);
}

void plane_columns(const PlaneCall& call) {
  const ConvRows& g = *call.rows;
  const PlaneLayout layout(g, call.cin, kLanes);
  fill_planes(call, layout);
  float* sums = call.room + layout.planes * layout.stride;
  if (g.adds_outside) {
    all_plane_sums<true>(call, layout, sums);
  } else {
    all_plane_sums<false>(call, layout, sums);
  }
  float* out = call.sums;
  for (int32_t y = 0; y < g.out_h; ++y) {
    for (int32_t x = 0; x < g.out_w; ++x, out += call.columns) {
      for (int32_t c = 0; c < call.columns; ++c) out[c] = sums[c * layout.places + y * layout.pitch + x];
    }
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
