// The reference kernels: plain loops that define every bit of every result (docs/numerics.md). Arrays are
// contiguous, the image is the outermost index.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.hpp"
#include "graph/op.hpp"

namespace tf_injector::detail::ref {

// What a convolution does with taps outside of the image. `skip` leaves them out of the sum (padding="same").
// `multiply` multiplies and adds zeros, so that 0 * Inf gives NaN (an explicit Pad before a "valid"
// convolution, or padding="same" with a dilation).
enum class Border { skip, multiply };

// How the products of an output are summed, in the order kh, kw, cin (docs/numerics.md).
enum class Sum {
  chain,   // acc = fma(x, w, acc), starting at +0
  blocks,  // a chain per block (conv2d_blocks)
  lanes,   // LaneSum
  plain,   // products are rounded, then added one by one
};

// The sum of `count` products over eight lanes. Up to the last multiple of 16, product i goes to lane i mod
// 8, each lane a chain of fma; the lanes are added as ((0 + 1) + (4 + 5)) + ((2 + 3) + (6 + 7)). Of the
// remaining products 8, then 4, then 2, then 1 are rounded, added in the same way, and added to the sum.
class LaneSum {
 public:
  explicit LaneSum(int64_t count) : left_(count), chained_(count - count % 16) {}
  void add(float x, float w);
  [[nodiscard]] float result() const { return total_; }

 private:
  void close(int64_t lanes);
  std::array<float, 8> lane_{};
  int64_t left_, chained_;  // products to come; of these in chains
  int64_t used_ = 0;        // of the part that is being added
  float total_ = 0.0f;
};

struct Conv2DGeometry {
  int64_t in_h = 0, in_w = 0, cin = 0;  // cin: of the whole input
  int64_t out_h = 0, out_w = 0, cout = 0;
  int64_t kernel_h = 1, kernel_w = 1;
  int64_t stride_h = 1, stride_w = 1;
  int64_t dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;
  int64_t groups = 1;
  Border border = Border::skip;
  Sum sum = Sum::chain;
  // The window is the whole image: in a batch of two and more a matrix product. See conv2d_sum.
  bool covers = false;
};
[[nodiscard]] Conv2DGeometry conv2d_geometry(const ops::Conv2D& op, const Shape& input, const Shape& output,
                                             const std::array<std::array<int64_t, 2>, 2>* explicit_padding);

[[nodiscard]] Conv2DGeometry conv2d_geometry(const ops::DepthwiseConv2D& op, const Shape& input,
                                             const Shape& output,
                                             const std::array<std::array<int64_t, 2>, 2>* explicit_padding);
// True if the window has at least 28 taps and is the whole image: then oneDNN computes a matrix product.
[[nodiscard]] bool conv2d_covers(const Conv2DGeometry& g);
// How TensorFlow sums in a batch of `batch` images. Groups with a single output position, and windows of the
// whole image, differ from other convolutions.
[[nodiscard]] Sum conv2d_sum(const Conv2DGeometry& g, int batch);

// The number of products that oneDNN takes as the channels of one pixel: those of a row of several pixels if
// windows do not share pixels.
[[nodiscard]] int64_t conv2d_unit(const Conv2DGeometry& g);
// The blocks of Sum::blocks, added in order. With groups, a length is a number of products. Without, it is a
// number of products of each unit of the window; the chain continues from unit to unit.
struct SumBlocks {
  std::vector<int64_t> lengths;
  // The first block of a second sum, which is added to the first sum at the end. 0: there is none.
  size_t second = 0;
};
[[nodiscard]] SumBlocks conv2d_blocks(const Conv2DGeometry& g, int batch);
// True if conv2d_blocks may give several blocks for a group, for some number of images.
[[nodiscard]] bool conv2d_groups_may_be_cut(const Conv2DGeometry& g);
// True if the sums of a convolution are not single chains, because it has groups or many channels.
[[nodiscard]] bool conv2d_is_cut(const Conv2DGeometry& g);
// out[n][y][x][co]: a sum in the order kh, kw, cin; then the bias is added, with a rounding of its own.
void conv2d(const Conv2DGeometry& g, const float* in, const float* kernel, const float* bias, float* out,
            int images, int batch);

// With at least this many rows TensorFlow may split sums into other blocks.
inline constexpr int64_t kManyRows = 101;
// The lengths of the blocks into which TensorFlow splits the sum over the inputs of a Dense layer, if it
// multiplies `rows` rows at once. Empty for a single unit and more than one row: those sums are LaneSums.
[[nodiscard]] std::vector<int64_t> dense_blocks(int64_t inputs, int64_t units, int64_t rows);
// Each block is a chain of fma starting at +0, and the results of the blocks are added in order; without
// blocks the sum is a LaneSum. Then the bias is added.
void dense(int64_t inputs, int64_t units, const float* in, const float* kernel, const float* bias,
           std::span<const int64_t> blocks, float* out, int64_t rows);

// Computes the factors of batch_normalization in place. Fused: variance becomes istd = 1 / sqrt(variance +
// epsilon); if the number of channels is no multiple of four, istd = gamma / sqrt(variance + epsilon) and
// gamma becomes 1. Not fused: x * scale + shift, rounded after each operation, expressed as fma((x - 0) *
// scale, 1, shift).
// Of channel c; the arrays hold channels first, first + 1, ... To be called while a FlushDenormals lives.
void normalization_factors(int64_t channels, const ops::BatchNormalization& op, int64_t c, float& mean,
                           float& variance, float& gamma, float& beta);
// fma((x - mean) * istd, gamma, beta) over the last axis; may run in place.
void batch_normalization(int64_t channels, const float* in, const float* mean, const float* istd,
                         const float* gamma, const float* beta, float* out, int64_t rows);

// relu: x <= 0 ? +0 : x, so NaN stays NaN; relu6 also x > 6 ? 6 : x. May run in place.
void activation(ops::ActivationKind kind, const float* in, float* out, int64_t elements);
// a + b. May run in place.
void add(const float* a, const float* b, float* out, int64_t elements);

// Element-wise functions. Eigen computes eight elements at once; the remaining elements at the very end of a
// tensor are computed by the C library.
enum class Part { body, end };
void function(const ops::Function& op, const float* in, float* out, int64_t elements, Part part);

// Over rows of `classes` values.
void softmax(int64_t classes, const float* in, float* out, int64_t rows);

// Over rows of `classes` values; `first` is the index of the first row in its batch. In the rows after the
// last group of eight of a batch, the logarithm of the sum is that of the C library.
void log_softmax(int64_t classes, int64_t first, const float* in, float* out, int64_t rows, Part part);

// out[i] = a[i * step_a] (op) b[i * step_b]; a step is 0 or 1.
struct BinaryRow {
  const float* a = nullptr;
  const float* b = nullptr;
  int64_t step_a = 1, step_b = 1, count = 0;
};
void binary(ops::BinaryKind kind, const BinaryRow& row, float* out);

struct LayerNormalizationGeometry {
  int64_t channels = 0;
  float epsilon = 1e-3f;
  bool fused = true;
};
// Over rows of `channels` values. In the rows after the last group of eight of a batch, the reciprocal root
// is that of the C library.
void layer_normalization(const LayerNormalizationGeometry& g, const float* in, const float* gamma,
                         const float* beta, float* out, int64_t rows, Part part);

void repeat(const ops::Repeat& op, const Shape& input, const Shape& output, const float* in, float* out,
            int images);

void pad(const ops::Pad& op, const Shape& input, const Shape& output, const float* in, float* out,
         int images);
void slice(const ops::Slice& op, const Shape& input, const float* in, float* out, int images);
void transpose(const ops::Transpose& op, const Shape& input, const float* in, float* out, int images);
// A sequential sum in the order h, w over the part of the window inside the image, divided by the number of
// its elements.
void average_pool2d(const ops::AveragePool2D& op, const Shape& input, const Shape& output, const float* in,
                    float* out, int images);
// The mean of n = H * W values: for n < 16 a sequential sum; else four sums over i mod 4, added as ((s0 + s1)
// + s2) + s3, then the rest one by one; then divided by n.
inline constexpr int kAverageStripes = 4;  // TensorFlow's packet of four floats
// The number of values, of n, that go into the four sums.
[[nodiscard]] constexpr int64_t striped_positions(int64_t n) {
  return n < 4 * kAverageStripes ? 0 : n - n % kAverageStripes;
}
void global_average_pool(int64_t positions, int64_t channels, const float* in, float* out, int images);
// One image, with the index `place` in a batch of `batch` images. TensorFlow computes eight outputs at once,
// over all images of the batch; a group of eight that extends into the next image, and the remainder, are
// summed sequentially.
void global_average_pool_at(int64_t positions, int64_t channels, const float* in, float* out, int64_t place,
                            int64_t batch);

// The largest value of the part of the window inside the image: m = v > m ? v : m, starting at the lowest
// float, so NaN is skipped. `before`: rows and columns of the border before the image.
void max_pool2d(const ops::MaxPool2D& op, std::array<int64_t, 2> before, const Shape& input,
                const Shape& output, const float* in, float* out, int images);
// m = m > v ? m : v, starting at -Inf; the first NaN stays.
void global_max_pool(int64_t positions, int64_t channels, const float* in, float* out, int images);
// inputs[i]: images x `outer` x parts[i] elements; out: images x outer x (all parts in order).
void concat(int64_t outer, std::span<const int64_t> parts, std::span<const float* const> inputs, float* out,
            int images);

}  // namespace tf_injector::detail::ref
