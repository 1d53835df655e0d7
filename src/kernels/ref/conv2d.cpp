#include <cmath>

#include "kernels/ref/reference.hpp"
#include "kernels/ref/vectorize.hpp"

namespace tf_injector::ref {

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
  return g;
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

}  // namespace

void conv2d(const Conv2DGeometry& g, const float* in, const float* kernel, const float* bias, float* out,
            int images) {
  const int64_t cout = g.cout / g.groups;
  for (int64_t n = 0; n < images; ++n) {
    const float* image = in + n * g.in_h * g.in_w * g.cin;
    for (int64_t y = 0; y < g.out_h; ++y) {
      for (int64_t x = 0; x < g.out_w; ++x) {
        float* pixel = out + ((n * g.out_h + y) * g.out_w + x) * g.cout;
        for (int64_t group = 0; group < g.groups; ++group) {
          conv2d_position(g, y, x, group, image, kernel, pixel + group * cout);
        }
        if (bias != nullptr) {
          for (int64_t co = 0; co < g.cout; ++co) pixel[co] = pixel[co] + bias[co];
        }
      }
    }
  }
}

}  // namespace tf_injector::ref
