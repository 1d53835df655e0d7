// The reference kernels: plain loops that define every result bit by bit (docs/numerics.md). Arrays are
// dense, images outermost.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "core/shape.hpp"
#include "graph/op.hpp"

namespace tf_injector::ref {

// What lies outside the image: `skip` leaves those taps out of the sum (Conv2D with padding="same"),
// `multiply` feeds zeros that are multiplied and added, 0 * Inf = NaN counts (an explicit Pad before a
// "valid" convolution, or padding="same" with a dilation).
enum class Border { skip, multiply };

// How the sum of an output is made from its products, in the order kh, kw, cin (docs/numerics.md).
enum class Sum {
  chain,   // acc = fma(x, w, acc) from +0
  blocks,  // a chain per block: conv2d_blocks
  lanes,   // LaneSum
  plain,   // products rounded, then added one by one
};

// The sum of `count` products over eight lanes: i goes to lane i mod 8, a chain of fma each, up to the last
// multiple of 16; the lanes are added as ((0 + 1) + (4 + 5)) + ((2 + 3) + (6 + 7)). Of what is left, 8, then
// 4, then 2, then 1 products are rounded, added in the same way, and added to the sum.
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
// oneDNN computes a convolution as a matrix product if its window of 28 and more taps is the whole image.
[[nodiscard]] bool conv2d_covers(const Conv2DGeometry& g);
// The sum that TensorFlow makes when it feeds `batch` images: groups with a single output position are
// another matter, and so are windows of the whole image.
[[nodiscard]] Sum conv2d_sum(const Conv2DGeometry& g, int batch);

// How many products oneDNN takes for the channels of one pixel: a row of several pixels where windows do not
// share them.
[[nodiscard]] int64_t conv2d_unit(const Conv2DGeometry& g);
// The blocks of Sum::blocks, added in order. With groups a block holds so many products. Without, so many of
// each unit of the window: its chain goes on from unit to unit.
struct SumBlocks {
  std::vector<int64_t> lengths;
  // The block with which a second sum begins, which is added to the first one at the end. 0: there is none.
  size_t second = 0;
};
[[nodiscard]] SumBlocks conv2d_blocks(const Conv2DGeometry& g, int batch);
// Whether the sums of a convolution are no single chains: of groups, or of many channels.
[[nodiscard]] bool conv2d_is_cut(const Conv2DGeometry& g);
// out[n][y][x][co]: a sum in the order kh, kw, cin; then + bias, rounded on its own.
void conv2d(const Conv2DGeometry& g, const float* in, const float* kernel, const float* bias, float* out,
            int images, int batch);

// From this many rows on TensorFlow may cut sums in another way.
inline constexpr int64_t kManyRows = 101;
// Lengths of the blocks into which TensorFlow cuts the sum over K inputs of a Dense layer, when it multiplies
// so many rows at once. None: a single
// unit and more than one row, whose sums are LaneSums.
[[nodiscard]] std::vector<int64_t> dense_blocks(int64_t inputs, int64_t units, int64_t rows);
// Each block is a chain of fma from +0; block results are added in order; without blocks a LaneSum; then
// + bias.
void dense(int64_t inputs, int64_t units, const float* in, const float* kernel, const float* bias,
           std::span<const int64_t> blocks, float* out, int64_t rows);

// Makes the factors of batch_normalization in place. Fused: variance becomes istd = 1 / sqrt(variance +
// epsilon); unless the number of channels is a multiple of four, istd is gamma / sqrt(variance + epsilon) and
// gamma becomes 1. Not fused: x * scale + shift, each rounded, as fma((x - 0) * scale, 1, shift).
void normalization_factors(int64_t channels, const ops::BatchNormalization& op, float* mean, float* variance,
                           float* gamma, float* beta);
// fma((x - mean) * istd, gamma, beta) over the last axis; may run in place.
void batch_normalization(int64_t channels, const float* in, const float* mean, const float* istd,
                         const float* gamma, const float* beta, float* out, int64_t rows);

// x <= 0 ? +0 : x, NaN passes; relu6 also x > 6 ? 6 : x. May run in place.
void activation(ops::ActivationKind kind, const float* in, float* out, int64_t elements);
// One rounding; may run in place.
void add(const float* a, const float* b, float* out, int64_t elements);

// Element-wise functions. Eigen takes eight elements at once; what is left over at the very end of a tensor
// goes through the C library.
enum class Part { body, end };
void function(const ops::Function& op, const float* in, float* out, int64_t elements, Part part);

// Over rows of `classes` values.
void softmax(int64_t classes, const float* in, float* out, int64_t rows);

// Over rows of `classes` values, of which the first lies at `first` in its batch. At the end of a batch,
// behind its last eight rows, the logarithm of a row's sum is the C library's.
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
// Over rows of `channels` values. At the end of a batch, behind its last eight rows, the reciprocal root is
// the C library's.
void layer_normalization(const LayerNormalizationGeometry& g, const float* in, const float* gamma,
                         const float* beta, float* out, int64_t rows, Part part);

void repeat(const ops::Repeat& op, const Shape& input, const Shape& output, const float* in, float* out,
            int images);

void pad(const ops::Pad& op, const Shape& input, const Shape& output, const float* in, float* out,
         int images);
void slice(const ops::Slice& op, const Shape& input, const float* in, float* out, int images);
void transpose(const ops::Transpose& op, const Shape& input, const float* in, float* out, int images);
// Sequential sum in h, w order over the part of the window inside the image, divided by the number of its
// elements.
void average_pool2d(const ops::AveragePool2D& op, const Shape& input, const Shape& output, const float* in,
                    float* out, int images);
// Mean of n = H * W values: n < 16 a sequential sum; else four sums over i mod 4, added ((s0 + s1) + s2) +
// s3, then the rest; / n.
inline constexpr int kAverageStripes = 4;  // TensorFlow's packet of four floats
// How many of n values go into the four sums.
[[nodiscard]] constexpr int64_t striped_positions(int64_t n) {
  return n < 4 * kAverageStripes ? 0 : n - n % kAverageStripes;
}
void global_average_pool(int64_t positions, int64_t channels, const float* in, float* out, int images);
// One image of a batch of `batch` images, at `place`. Of its outputs TensorFlow takes eight at once, over all
// images; eight that reach into the next image, and what is left over, are summed in order one by one.
void global_average_pool_at(int64_t positions, int64_t channels, const float* in, float* out, int64_t place,
                            int64_t batch);

// Largest value of the part of the window inside the image, v > m ? v : m from the lowest float on: NaN is
// passed over. `before`: rows and columns outside the image in front of it.
void max_pool2d(const ops::MaxPool2D& op, std::array<int64_t, 2> before, const Shape& input,
                const Shape& output, const float* in, float* out, int images);
// m > v ? m : v from -Inf on; the first NaN stays.
void global_max_pool(int64_t positions, int64_t channels, const float* in, float* out, int images);
// inputs[i]: images x `outer` x parts[i] elements; out: images x outer x (all parts, one behind the other).
void concat(int64_t outer, std::span<const int64_t> parts, std::span<const float* const> inputs, float* out,
            int images);

}  // namespace tf_injector::ref
