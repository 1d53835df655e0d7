#include <cmath>

#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

namespace tf_injector::ref {
namespace {

// oneDNN's block of input channels for a 1x1 convolution.
constexpr int64_t kPointwiseBlock = 1280;

}  // namespace

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
  } else if (g.kernel_h == 1 && g.kernel_w == 1 && g.cin > kPointwiseBlock) {
    g.sum = Sum::blocks;
  }
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
  return g;
}

Sum conv2d_sum(const Conv2DGeometry& g, int batch) {
  if (g.groups == 1 || g.out_h * g.out_w > 1) return g.sum;
  if (g.sum == Sum::lanes || (g.sum == Sum::blocks && batch == 1)) return Sum::plain;
  return g.sum;
}

std::vector<int64_t> conv2d_blocks(const Conv2DGeometry& g) {
  if (g.groups == 1) {
    std::vector<int64_t> blocks;
    for (int64_t left = g.cin; left > 0; left -= blocks.back())
      blocks.push_back(left < kPointwiseBlock ? left : kPointwiseBlock);
    return blocks;
  }
  return dense_blocks(g.kernel_h * g.kernel_w * (g.cin / g.groups), g.cout / g.groups, 2);
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

// One output position, all channels of one group: acc[co] += x[ci] * w[ci][co] for every tap and input
// channel.
TFI_VECTORIZE void conv2d_position(const Conv2DGeometry& g, int64_t y, int64_t x, int64_t group,
                                   const float* in, const float* kernel, float* acc) {
  const int64_t cin = g.cin / g.groups;
  const int64_t cout = g.cout / g.groups;
  for (int64_t co = 0; co < cout; ++co) acc[co] = 0.0f;
  for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const int64_t iy = y * g.stride_h + kh * g.dilation_h - g.pad_top;
      const int64_t ix = x * g.stride_w + kw * g.dilation_w - g.pad_left;
      const bool inside = iy >= 0 && iy < g.in_h && ix >= 0 && ix < g.in_w;
      if (!inside && g.border == Border::skip) continue;
      const float* pixel = inside ? in + (iy * g.in_w + ix) * g.cin + group * cin : nullptr;
      for (int64_t ci = 0; ci < cin; ++ci) {
        const float value = inside ? pixel[ci] : 0.0f;
        const float* w = kernel + ((kh * g.kernel_w + kw) * cin + ci) * g.cout + group * cout;
        for (int64_t co = 0; co < cout; ++co) acc[co] = std::fma(value, w[co], acc[co]);
      }
    }
  }
}

// Calls visit(x, w) for every product of an output, in order. `co` counts in the group.
template <class Visit>
void for_each_product(const Conv2DGeometry& g, int64_t y, int64_t x, int64_t group, int64_t co,
                      const float* in, const float* kernel, Visit visit) {
  const int64_t cin = g.cin / g.groups;
  const float* w = kernel + group * (g.cout / g.groups) + co;
  for (int64_t kh = 0; kh < g.kernel_h; ++kh) {
    for (int64_t kw = 0; kw < g.kernel_w; ++kw) {
      const int64_t iy = y * g.stride_h + kh * g.dilation_h - g.pad_top;
      const int64_t ix = x * g.stride_w + kw * g.dilation_w - g.pad_left;
      const bool inside = iy >= 0 && iy < g.in_h && ix >= 0 && ix < g.in_w;
      const float* pixel = inside ? in + (iy * g.in_w + ix) * g.cin + group * cin : nullptr;
      for (int64_t ci = 0; ci < cin; ++ci, w += g.cout) visit(inside ? pixel[ci] : 0.0f, *w);
    }
  }
}

// One output position, all channels of one group, with any sum but a chain.
void grouped_position(const Conv2DGeometry& g, Sum sum, std::span<const int64_t> blocks, int64_t y, int64_t x,
                      int64_t group, const float* in, const float* kernel, float* out) {
  const int64_t depth = g.kernel_h * g.kernel_w * (g.cin / g.groups);
  for (int64_t co = 0; co < g.cout / g.groups; ++co) {
    const auto each = [&](auto visit) { for_each_product(g, y, x, group, co, in, kernel, visit); };
    if (sum == Sum::lanes) {
      LaneSum lanes(depth);
      each([&](float value, float w) { lanes.add(value, w); });
      out[co] = lanes.result();
    } else if (sum == Sum::plain) {
      float acc = 0.0f;
      each([&](float value, float w) { acc = acc + value * w; });
      out[co] = acc;
    } else {
      float total = 0.0f, acc = 0.0f;
      size_t block = 0;
      int64_t left = blocks[0];
      each([&](float value, float w) {
        acc = std::fma(value, w, acc);
        if (--left > 0) return;
        total = block == 0 ? acc : total + acc;
        acc = 0.0f;
        if (++block < blocks.size()) left = blocks[block];
      });
      out[co] = total;
    }
  }
}

}  // namespace

void conv2d(const Conv2DGeometry& g, std::span<const int64_t> blocks, const float* in, const float* kernel,
            const float* bias, float* out, int images, int batch) {
  const int64_t cout = g.cout / g.groups;
  const Sum sum = conv2d_sum(g, batch);
  const bool chain = sum == Sum::chain || (sum == Sum::blocks && blocks.size() == 1);
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * g.in_h * g.in_w * g.cin;
    for (int64_t y = 0; y < g.out_h; ++y) {
      for (int64_t x = 0; x < g.out_w; ++x) {
        float* pixel = out + ((n * g.out_h + y) * g.out_w + x) * g.cout;
        for (int64_t group = 0; group < g.groups; ++group) {
          if (chain) {
            conv2d_position(g, y, x, group, image, kernel, pixel + group * cout);
          } else {
            grouped_position(g, sum, blocks, y, x, group, image, kernel, pixel + group * cout);
          }
        }
        if (bias != nullptr) {
          for (int64_t co = 0; co < g.cout; ++co) pixel[co] = pixel[co] + bias[co];
        }
      }
    }
  }
}

}  // namespace tf_injector::ref
