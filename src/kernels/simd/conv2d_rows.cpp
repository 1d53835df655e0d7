// Convolution of stride 1 into one vector of channels, row by row. One vector leaves nothing to share a
// loaded input with but the taps of a row of the kernel: a pixel is added to the kernel_w outputs that read
// it at once, and the weights of these taps are shared by the pixels of several rows.
#include <algorithm>
#include <type_traits>

#include "kernels/simd/simd_table.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/simd/conv2d_rows.cpp"
#include "kernels/simd/targets.hpp"
// Behind targets.hpp, which chooses the targets:
#include "kernels/simd/epilogue-inl.hpp"
#include "kernels/simd/simd_entries-inl.hpp"

#if TFI_HAS_TABLE
HWY_BEFORE_NAMESPACE();
namespace tf_injector::detail::simd::HWY_NAMESPACE {

// Rows of a kernel of K columns that are worked on together: their sums fill the registers beside the
// weights.
template <int K>
inline constexpr int kRowsTogether = (kManyRegisters ? 24 : 12) / K;
// Columns of sums: those of outputs left and right of the wanted ones take what is not wanted of a pixel.
template <int K>
inline constexpr int32_t kSumColumns = kRowColumns + 2 * (K - 1);

// The first `pixels` pixels of R rows, for one row of the kernel, into the sums of R rows of outputs. Tap k
// of a pixel belongs to the output k columns before that of tap 0, so every sum goes through its taps in
// order.
template <int R, int K>
HWY_NOINLINE void add_pixels(const float* const* HWY_RESTRICT in, int32_t cin, int32_t pixels,
                             const float* HWY_RESTRICT weights, float* HWY_RESTRICT sums) {
  constexpr int64_t kRow = int64_t{kSumColumns<K>} * kLanes;
  const Floats d;
  const float* row[R];
  for (int r = 0; r < R; ++r) row[r] = in[r];
  int64_t at = 0;
  Vec acc[K][R];  // tap k of the pixel after P others: acc[(k + K - P % K) % K]
  for (int k = 1; k < K; ++k) {
    for (int r = 0; r < R; ++r) acc[k][r] = hn::Load(d, sums + r * kRow + (K - 1 - k) * kLanes);
  }
  const auto add_pixel = [&](auto before) HWY_ATTR {
    constexpr int P = decltype(before)::value;
    for (int r = 0; r < R; ++r) acc[(K - P) % K][r] = hn::Load(d, sums + r * kRow + (K - 1) * kLanes);
    const float* w = weights;
    for (const int64_t end = at + cin; at != end; ++at, w += kLanes) {
      Vec weight[K];
      for (int k = 0; k < K; ++k) weight[k] = hn::Load(d, w + k * static_cast<int64_t>(cin) * kLanes);
      for (int r = 0; r < R; ++r) {
        const Vec x = hn::Set(d, row[r][at]);
        for (int k = 0; k < K; ++k)
          acc[(k + K - P) % K][r] = hn::MulAdd(x, weight[k], acc[(k + K - P) % K][r]);
      }
    }
    for (int r = 0; r < R; ++r) hn::Store(acc[(2 * K - 1 - P) % K][r], d, sums + r * kRow);
    sums += kLanes;
  };
  const auto store_rest = [&](auto before) HWY_ATTR {
    constexpr int P = decltype(before)::value;
    for (int k = 1; k < K; ++k) {
      for (int r = 0; r < R; ++r)
        hn::Store(acc[(k + K - P) % K][r], d, sums + r * kRow + (K - 1 - k) * kLanes);
    }
  };
  static_assert(K == 3 || K == 5);
  constexpr std::integral_constant<int, 0> k0;
  constexpr std::integral_constant<int, 1> k1;
  constexpr std::integral_constant<int, 2> k2;
  constexpr std::integral_constant<int, 3> k3;
  constexpr std::integral_constant<int, 4> k4;
  for (; pixels >= K; pixels -= K) {
    add_pixel(k0);
    add_pixel(k1);
    add_pixel(k2);
    if constexpr (K == 5) {
      add_pixel(k3);
      add_pixel(k4);
    }
  }
  if (pixels == 0) return store_rest(k0);
  add_pixel(k0);
  if (pixels == 1) return store_rest(k1);
  add_pixel(k1);
  if (K == 3 || pixels == 2) return store_rest(k2);
  if constexpr (K == 5) {
    add_pixel(k2);
    if (pixels == 3) return store_rest(k3);
    add_pixel(k3);
    store_rest(k4);
  }
}

template <int R, int K>
HWY_INLINE void add_rows(int32_t rows, const float* const* in, int32_t cin, int32_t pixels,
                         const float* weights, float* sums) {
  if constexpr (R > 1) {
    if (rows < R) return add_rows<R - 1, K>(rows, in, cin, pixels, weights, sums);
  }
  add_pixels<R, K>(in, cin, pixels, weights, sums);
}

// Outputs of an image: `rows` of them from (y, x) on, `columns` wide.
struct Strip {
  int32_t image = 0, y = 0, x = 0, rows = 0, columns = 0;
};

// Into the sums, which begin with the column K - 1 left of the strip.
template <int K>
HWY_INLINE void sum_strip(const ConvCall& call, const Strip& strip, const float* weights, float* sums) {
  constexpr int64_t kRow = int64_t{kSumColumns<K>} * kLanes;
  const ConvRows& g = *call.rows;
  // Of the pixels that are read: from left to right, of them first to end inside the image.
  const int32_t left = strip.x - g.pad_left, right = left + strip.columns + K - 1;
  const int32_t first = std::clamp(0, left, right), end = std::clamp(g.in_w, first, right);
  const float* in[kRowsTogether<K>];
  const float* zeros[kRowsTogether<K>];
  for (const float*& row : zeros) row = call.zeros;
  const float* image = call.in + strip.image * call.in_image + int64_t{first} * call.cin;
  for (int32_t kh = 0; kh < g.kernel_h; ++kh, weights += int64_t{K} * call.cin * kLanes) {
    int32_t from = kRowsTogether<K>, to = 0;
    for (int32_t r = 0; r < strip.rows; ++r) {
      const int32_t y = strip.y + r + kh - g.pad_top;
      const bool is_inside = y >= 0 && y < g.in_h;
      in[r] = is_inside ? image + y * int64_t{g.in_w} * call.cin : call.zeros;
      if (!is_inside && !g.adds_outside) continue;
      from = std::min(from, r);
      to = r + 1;
    }
    const auto add = [&](const float* const* rows, int32_t begin, int32_t after) HWY_ATTR {
      if (from < to && begin < after)
        add_rows<kRowsTogether<K>, K>(to - from, rows + from, call.cin, after - begin, weights,
                                      sums + from * kRow + int64_t{begin - left} * kLanes);
    };
    if (g.adds_outside) add(zeros, left, first);
    add(in, first, end);
    if (g.adds_outside) add(zeros, end, right);
  }
}

template <int K, bool kBefore>
HWY_NOINLINE void conv2d_strip(const ConvCall& call, const Strip& strip, const float* weights,
                               int32_t channel) {
  constexpr int64_t kRow = int64_t{kSumColumns<K>} * kLanes;
  const Floats d;
  HWY_ALIGN float sums[kRowsTogether<K> * kRow];
  for (int64_t i = 0; i < strip.rows * kRow; i += kLanes) hn::Store(hn::Zero(d), d, sums + i);
  sum_strip<K>(call, strip, weights, sums);
  for (int32_t r = 0; r < strip.rows; ++r) {
    const float* sum = sums + r * kRow + (K - 1) * kLanes;
    const int64_t pixel = int64_t{strip.y + r} * call.rows->out_w + strip.x;
    int64_t out = strip.image * call.out_image + pixel * call.out_stride + channel;
    for (int32_t i = 0; i < strip.columns; ++i, sum += kLanes, out += call.out_stride)
      finish_to<kBefore>(call.epilogue, hn::Load(d, sum), channel, out, call.out, call.cout - channel);
  }
}

template <int K, bool kBefore>
HWY_INLINE void conv2d_strips(const ConvCall& call, const float* weights, int32_t channel) {
  const ConvRows& g = *call.rows;
  constexpr int32_t kRows = kRowsTogether<K>;
  for (int32_t n = 0; n < call.images; ++n) {
    for (int32_t y = 0; y < g.out_h; y += kRows) {
      for (int32_t x = 0; x < g.out_w; x += kRowColumns) {
        const Strip strip{.image = n,
                          .y = y,
                          .x = x,
                          .rows = std::min(kRows, g.out_h - y),
                          .columns = std::min(kRowColumns, g.out_w - x)};
        conv2d_strip<K, kBefore>(call, strip, weights, channel);
      }
    }
  }
}

template <bool kBefore>
HWY_INLINE void conv2d_rows_of(const ConvCall& call, const float* weights, int32_t channel) {
  if (call.rows->kernel_w == 3) {
    conv2d_strips<3, kBefore>(call, weights, channel);
  } else {
    conv2d_strips<5, kBefore>(call, weights, channel);
  }
}

void conv2d_rows(const ConvCall& call, const float* weights, int32_t channel) {
  if (call.epilogue.before != nullptr) {
    conv2d_rows_of<true>(call, weights, channel);
  } else {
    conv2d_rows_of<false>(call, weights, channel);
  }
}

}  // namespace tf_injector::detail::simd::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
