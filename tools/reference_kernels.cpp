// The reference kernels (src/kernels/ref) behind a C interface: find_numerics.py builds and calls it.
#include <array>
#include <optional>
#include <string_view>

#include "core/flush_denormals.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/ref/resize.hpp"

using namespace tf_injector;
using namespace tf_injector::detail;

namespace {

Shape image(const int64_t* dims) { return Shape{dims[0], dims[1], dims[2]}; }

// Runs `compute` as the engine does, or with denormals kept.
template <class Compute>
void in_mode(bool keep_denormals, Compute compute) {
  std::optional<FlushDenormals> flush;
  if (!keep_denormals) flush.emplace();
  compute();
}

}  // namespace

extern "C" {

// numbers: in h, w, c; out h, w, c; kernel h, w; stride h, w; dilation h, w; padding top, left; multiply the
// border (0, 1); groups; 1: they are those of a Conv2D (their sums are no chains), -1: of a DepthwiseConv2D.
void ref_conv2d(const int64_t* numbers, const float* in, const float* kernel, const float* bias, float* out,
                int images, bool keep_denormals) {
  const int64_t* n = numbers;
  ref::Conv2DGeometry g{.in_h = n[0],
                              .in_w = n[1],
                              .cin = n[2],
                              .out_h = n[3],
                              .out_w = n[4],
                              .cout = n[5],
                              .kernel_h = n[6],
                              .kernel_w = n[7],
                              .stride_h = n[8],
                              .stride_w = n[9],
                              .dilation_h = n[10],
                              .dilation_w = n[11],
                              .pad_top = n[12],
                              .pad_left = n[13],
                              .groups = n[15],
                              .border = n[14] != 0 ? ref::Border::multiply : ref::Border::skip};
  if (n[15] == 1 && ref::conv2d_is_cut(g)) g.sum = ref::Sum::blocks;
  g.covers = n[16] == 0 && ref::conv2d_covers(g);
  if (n[16] == 1) g.sum = g.cout == g.groups ? ref::Sum::lanes : ref::Sum::blocks;
  in_mode(keep_denormals, [&] { ref::conv2d(g, in, kernel, bias, out, images, images); });
}

// blocks: lengths of the sum's parts, or none: what the engine takes for this batch.
void ref_dense(int64_t inputs, int64_t units, const float* in, const float* kernel, const float* bias,
               const int64_t* blocks, int64_t block_count, float* out, int64_t rows, bool keep_denormals) {
  const std::vector<int64_t> chosen = block_count > 0
                                          ? std::vector<int64_t>(blocks, blocks + block_count)
                                          : ref::dense_blocks(inputs, units, static_cast<int>(rows));
  in_mode(keep_denormals, [&] { ref::dense(inputs, units, in, kernel, bias, chosen, out, rows); });
}

// The four arrays of parameters are overwritten.
void ref_batch_normalization(bool fused, int64_t channels, const float* in, float* mean, float* variance,
                             float* gamma, float* beta, float epsilon, float* out, int64_t rows,
                             bool keep_denormals) {
  ops::BatchNormalization op;
  op.epsilon = epsilon;
  op.fused = fused;
  in_mode(keep_denormals, [&] {
    ref::normalization_factors(channels, op, mean, variance, gamma, beta);
    ref::batch_normalization(channels, in, mean, variance, gamma, beta, out, rows);
  });
}

void ref_activation(bool relu6, const float* in, float* out, int64_t elements, bool keep_denormals) {
  in_mode(keep_denormals, [&] {
    ref::activation(relu6 ? ops::ActivationKind::relu6 : ops::ActivationKind::relu, in, out, elements);
  });
}

void ref_add(const float* a, const float* b, float* out, int64_t elements, bool keep_denormals) {
  in_mode(keep_denormals, [&] { ref::add(a, b, out, elements); });
}

// numbers: in h, w, c; out h, w, c; pool h, w; stride h, w; same (0, 1).
void ref_average_pool2d(const int64_t* numbers, const float* in, float* out, int images,
                        bool keep_denormals) {
  const int64_t* n = numbers;
  const ops::AveragePool2D op{.pool_size = {n[6], n[7]},
                              .strides = {n[8], n[9]},
                              .padding = n[10] != 0 ? ops::Padding::same : ops::Padding::valid};
  in_mode(keep_denormals, [&] { ref::average_pool2d(op, image(n), image(n + 3), in, out, images); });
}

// The same numbers.
void ref_max_pool2d(const int64_t* numbers, const float* in, float* out, int images, bool keep_denormals) {
  const int64_t* n = numbers;
  const ops::MaxPool2D op{.pool_size = {n[6], n[7]},
                          .strides = {n[8], n[9]},
                          .padding = n[10] != 0 ? ops::Padding::same : ops::Padding::valid};
  const auto before = [&](int a) {
    return ops::padding_of(n[a], n[6 + a], n[8 + a], 1, op.padding)[0];
  };
  in_mode(keep_denormals, [&] { ref::max_pool2d(op, {before(0), before(1)}, image(n), image(n + 3), in, out, images); });
}

void ref_global_max_pool(int64_t positions, int64_t channels, const float* in, float* out, int images,
                         bool keep_denormals) {
  in_mode(keep_denormals, [&] { ref::global_max_pool(positions, channels, in, out, images); });
}

void ref_global_average_pool(int64_t positions, int64_t channels, const float* in, float* out, int images,
                             bool keep_denormals) {
  in_mode(keep_denormals, [&] { ref::global_average_pool(positions, channels, in, out, images); });
}

// `kind` by name; the last elements of an array, behind its last eight, with end = true.
bool ref_function(const char* kind, bool v2_21, float alpha, float max_value, float threshold, const float* in, float* out,
                  int64_t elements, bool end, bool keep_denormals) {
  for (int k = 0; k <= static_cast<int>(ops::FunctionKind::general_relu); ++k) {
    const ops::Function op{.kind = static_cast<ops::FunctionKind>(k),
                           .release = v2_21 ? ops::TensorFlow::v2_21 : ops::TensorFlow::v2_14,
                           .alpha = alpha,
                           .max_value = max_value,
                           .threshold = threshold};
    if (std::string_view(kind) != ops::function_name(op.kind)) continue;
    in_mode(keep_denormals,
            [&] { ref::function(op, in, out, elements, end ? ref::Part::end : ref::Part::body); });
    return true;
  }
  return false;
}

void ref_softmax(int64_t classes, const float* in, float* out, int64_t rows, bool keep_denormals) {
  in_mode(keep_denormals, [&] { ref::softmax(classes, in, out, rows); });
}

// Rows of one batch; the last ones, behind its last eight, with end = true.
void ref_log_softmax(int64_t classes, int64_t first, const float* in, float* out, int64_t rows, bool end,
                     bool keep_denormals) {
  in_mode(keep_denormals, [&] {
    ref::log_softmax(classes, first, in, out, rows, end ? ref::Part::end : ref::Part::body);
  });
}

bool ref_binary(const char* kind, const float* a, const float* b, float* out, int64_t elements,
                bool keep_denormals) {
  for (int k = 0; k <= static_cast<int>(ops::BinaryKind::minimum); ++k) {
    if (std::string_view(kind) != ops::binary_name(static_cast<ops::BinaryKind>(k))) continue;
    in_mode(keep_denormals, [&] {
      ref::binary(static_cast<ops::BinaryKind>(k), {.a = a, .b = b, .count = elements}, out);
    });
    return true;
  }
  return false;
}

void ref_layer_normalization(bool fused, int64_t channels, float epsilon, const float* in, const float* gamma,
                             const float* beta, float* out, int64_t rows, bool end, bool keep_denormals) {
  in_mode(keep_denormals, [&] {
    ref::layer_normalization({.channels = channels, .epsilon = epsilon, .fused = fused}, in, gamma, beta, out,
                             rows, end ? ref::Part::end : ref::Part::body);
  });
}

// numbers: in h, w, c; out h, w.
bool ref_resize(const char* method, bool antialias, const int64_t* numbers, const float* in, float* out, int images,
                bool keep_denormals) {
  for (int m = 0; m <= static_cast<int>(ops::ResizeMethod::mitchellcubic); ++m) {
    const ops::Resize op{.method = static_cast<ops::ResizeMethod>(m),
                         .size = {numbers[3], numbers[4]},
                         .antialias = antialias};
    if (std::string_view(method) != ops::resize_name(op.method)) continue;
    in_mode(keep_denormals,
            [&] { ref::resize(ref::resize_tables(op, image(numbers)), image(numbers), in, out, images); });
    return true;
  }
  return false;
}

// Images of one batch.
void ref_global_average_pool_at(int64_t positions, int64_t channels, const float* in, float* out, int images,
                                bool keep_denormals) {
  in_mode(keep_denormals, [&] {
    for (int64_t n = 0; n < images; ++n)
      ref::global_average_pool_at(positions, channels, in + n * positions * channels, out + n * channels, n,
                                  images);
  });
}

}
