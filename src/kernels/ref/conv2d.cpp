#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

namespace tf_injector::detail::ref {

Conv2DGeometry conv2d_geometry(const ops::Conv2D& op, const Shape& input, const Shape& output,
                               const std::array<std::array<int64_t, 2>, 2>* explicit_padding) {
  Conv2DGeometry g{.in_h = input[0],
                   .in_w = input[1],
                   .cin = input[2],
                   .out_h = output[0],
                   .out_w = output[1],
                   .cout = output[2],
                   .kernel_h = op.kernel_size[0],
                   .kernel_w = op.kernel_size[1],
                   .stride_h = op.strides[0],
                   .stride_w = op.strides[1],
                   .dilation_h = op.dilation[0],
                   .dilation_w = op.dilation[1],
                   .groups = op.groups};
  if (explicit_padding != nullptr) {
    g.border = Border::multiply;
    g.pad_top = (*explicit_padding)[0][0];
    g.pad_left = (*explicit_padding)[1][0];
  } else {
    g.pad_top = ops::padding_of(g.in_h, g.kernel_h, g.stride_h, g.dilation_h, op.padding)[0];
    g.pad_left = ops::padding_of(g.in_w, g.kernel_w, g.stride_w, g.dilation_w, op.padding)[0];
    // Keras runs a dilated convolution as space_to_batch, whose zeros are multiplied like any others.
    if (g.dilation_h > 1 || g.dilation_w > 1) g.border = Border::multiply;
  }
  if (g.groups > 1) {  // Keras has XLA compile these: Eigen's patches, zeros included, and a matrix product
    g.border = Border::multiply;
    g.sum = g.cout == g.groups ? Sum::lanes : Sum::blocks;
  } else if (conv2d_is_cut(g)) {
    g.sum = Sum::blocks;
  }
  g.covers = op.release == ops::TensorFlow::v2_14 && conv2d_covers(g);
  return g;
}

Conv2DGeometry conv2d_geometry(const ops::DepthwiseConv2D& op, const Shape& input, const Shape& output,
                               const std::array<std::array<int64_t, 2>, 2>* explicit_padding) {
  const ops::Conv2D conv{.kernel = op.kernel,
                         .bias = op.bias,
                         .kernel_size = op.kernel_size,
                         .strides = op.strides,
                         .dilation = op.dilation,
                         .filters = output.back(),
                         .padding = op.padding};
  Conv2DGeometry g = conv2d_geometry(conv, input, output, explicit_padding);
  g.groups = g.cin;
  g.sum = Sum::chain;
  g.covers = false;
  return g;
}

void LaneSum::add(float x, float w) {
  const bool chained = chained_ > 0;
  float& lane = lane_[static_cast<size_t>(used_ % 8)];
  lane = chained ? std::fma(x, w, lane) : x * w;
  ++used_;
  --left_;
  if (chained) {
    if (--chained_ == 0) close(8);
    return;
  }
  for (const int64_t part : {8, 4, 2, 1}) {  // the largest that fits
    if (part > used_ + left_) continue;
    if (part == used_) close(part);
    return;
  }
}

void LaneSum::close(int64_t lanes) {
  const auto pair = [&](size_t i) { return lane_[i] + lane_[i + 1]; };
  const float sum = lanes == 8   ? (pair(0) + pair(4)) + (pair(2) + pair(6))
                    : lanes == 4 ? pair(0) + pair(2)
                    : lanes == 2 ? pair(0)
                                 : lane_[0];
  total_ = total_ + sum;
  lane_.fill(0.0f);
  used_ = 0;
}

namespace {

// The pixels and filters of one group at one output position.
struct Window {
  const Conv2DGeometry& g;
  int64_t y, x, group;
  const float* in;
  const float* kernel;
  [[nodiscard]] int64_t cin() const { return g.cin / g.groups; }
  [[nodiscard]] int64_t cout() const { return g.cout / g.groups; }
  // The channels of the pixel under a tap, or none outside the image.
  [[nodiscard]] const float* pixel(int64_t tap) const {
    const int64_t iy = y * g.stride_h + tap / g.kernel_w * g.dilation_h - g.pad_top;
    const int64_t ix = x * g.stride_w + tap % g.kernel_w * g.dilation_w - g.pad_left;
    const bool inside = iy >= 0 && iy < g.in_h && ix >= 0 && ix < g.in_w;
    return inside ? in + (iy * g.in_w + ix) * g.cin + group * cin() : nullptr;
  }
};

// Chains that go on over the products first ... last - 1 in the order kh, kw, cin: acc[co] += x[i] *
// w[i][co].
TFI_VECTORIZE void add_products(const Window& window, int64_t first, int64_t last, float* acc) {
  const int64_t cin = window.cin(), cout = window.cout();
  for (int64_t i = first; i < last;) {
    const int64_t tap = i / cin, end = last < (tap + 1) * cin ? last : (tap + 1) * cin;
    const float* pixel = window.pixel(tap);
    if (pixel == nullptr && window.g.border == Border::skip) {
      i = end;
      continue;
    }
    for (; i < end; ++i) {
      const float value = pixel != nullptr ? pixel[i - tap * cin] : 0.0f;
      const float* w = window.kernel + i * window.g.cout + window.group * cout;
      for (int64_t co = 0; co < cout; ++co) acc[co] = std::fma(value, w[co], acc[co]);
    }
  }
}

// Adds what `add` makes of each block, add(first, last, sums), to out[co]; `scratch`: two rows of sums.
template <class Add>
void add_blocks(const SumBlocks& blocks, int64_t cout, float* scratch, float* out, Add add) {
  float* second = scratch + cout;
  int64_t first = 0;
  for (size_t b = 0; b < blocks.lengths.size(); ++b) {
    add(first, first + blocks.lengths[b], scratch);
    float* sum = blocks.second > 0 && b >= blocks.second ? second : out;
    const bool begins = b == 0 || b == blocks.second;
    for (int64_t co = 0; co < cout; ++co) sum[co] = begins ? scratch[co] : sum[co] + scratch[co];
    first += blocks.lengths[b];
  }
  if (blocks.second == 0) return;
  for (int64_t co = 0; co < cout; ++co) out[co] = out[co] + second[co];
}

// A block of chains, which go on from unit to unit.
void chain_block(const Window& window, int64_t unit, int64_t first, int64_t last, float* sums) {
  const int64_t depth = window.g.kernel_h * window.g.kernel_w * window.cin();
  std::fill_n(sums, window.cout(), 0.0f);
  for (int64_t begin = 0; begin < depth; begin += unit)
    add_products(window, begin + first, begin + last, sums);
}

// Calls visit(x, w) for the products first ... last - 1 of an output. `co` counts in the group.
template <class Visit>
void for_each_product(const Window& window, int64_t co, int64_t first, int64_t last, Visit visit) {
  const float* w = window.kernel + window.group * window.cout() + co;
  for (int64_t i = first; i < last; ++i) {
    const float* pixel = window.pixel(i / window.cin());
    visit(pixel != nullptr ? pixel[i % window.cin()] : 0.0f, w[i * window.g.cout]);
  }
}

// A block of one filter: lanes.
void lane_block(const Window& window, int64_t first, int64_t last, float* sum) {
  LaneSum lanes(last - first);
  for_each_product(window, 0, first, last, [&](float value, float w) { lanes.add(value, w); });
  *sum = lanes.result();
}

// A block of rounded products.
void plain_block(const Window& window, int64_t first, int64_t last, float* sums) {
  for (int64_t co = 0; co < window.cout(); ++co) {
    float acc = 0.0f;
    for_each_product(window, co, first, last, [&](float value, float w) { acc = acc + value * w; });
    sums[co] = acc;
  }
}

}  // namespace

void conv2d(const Conv2DGeometry& g, const float* in, const float* kernel, const float* bias, float* out,
            int images, int batch) {
  const int64_t cout = g.cout / g.groups, pixels = g.out_h * g.out_w;
  const Sum sum = conv2d_sum(g, batch);
  const SumBlocks blocks = conv2d_blocks(g, batch);
  const int64_t unit = std::accumulate(blocks.lengths.begin(), blocks.lengths.end(), int64_t{0});
  std::vector<float> scratch(static_cast<size_t>(2 * cout));
  for (int64_t p = 0; p < images * pixels; ++p) {
    const float* image = in + p / pixels * g.in_h * g.in_w * g.cin;
    float* pixel = out + p * g.cout;
    for (int64_t group = 0; group < g.groups; ++group) {
      const Window window{g, p % pixels / g.out_w, p % g.out_w, group, image, kernel};
      float* sums = pixel + group * cout;
      if (sum == Sum::chain) {
        std::fill_n(sums, cout, 0.0f);
        add_products(window, 0, g.kernel_h * g.kernel_w * window.cin(), sums);
        continue;
      }
      add_blocks(blocks, cout, scratch.data(), sums, [&](int64_t first, int64_t last, float* block) {
        if (sum == Sum::blocks) return chain_block(window, unit, first, last, block);
        (sum == Sum::lanes ? lane_block : plain_block)(window, first, last, block);
      });
    }
    if (bias == nullptr) continue;
    for (int64_t co = 0; co < g.cout; ++co) pixel[co] = pixel[co] + bias[co];
  }
}

}  // namespace tf_injector::detail::ref
