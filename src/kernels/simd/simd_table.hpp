// What one instruction set offers: plain function pointers over plain structs. One table per instruction set,
// all compiled from the same sources (Highway, once per target).
#pragma once

#include <cstdint>
#include <span>

#include "graph/ops/activation.hpp"
#include "graph/ops/function.hpp"
#include "kernels/kernel_set.hpp"

namespace tf_injector::detail::simd {

// Element-wise work on a finished sum, in this order; a null pointer leaves the step out. Per-channel arrays
// are padded to whole vectors.
struct EpilogueCall {
  const float* bias = nullptr;
  const float* mean = nullptr;  // with istd, gamma, beta: fma((x - mean) * istd, gamma, beta)
  const float* istd = nullptr;
  const float* gamma = nullptr;
  const float* beta = nullptr;
  const float* add = nullptr;  // same layout as the output
  bool relu = false;           // x <= 0 ? +0 : x
  bool relu6 = false;          // then x > 6 ? 6 : x
  float* before = nullptr;  // convolution, Dense: where what is in front of the activation is written as well
};

// Output positions that sum over the same taps (all of them, or at a border those inside the image).
struct PositionClass {
  int32_t taps = 0;
  int32_t positions = 0;
  const int32_t* tap = nullptr;  // [taps]: which tap of the kernel, kh * kernel_w + kw, ascending
  const int32_t* input =
      nullptr;  // [positions][taps]: offset of the input pixel in its image, kOutside: a pixel of zeros
  const int32_t* output = nullptr;  // [positions]: which output pixel of the image, y * out_w + x
  // Convolutions only: `positions` of those listed, by their place in `input` and `output`. Null: all.
  const int32_t* among = nullptr;
};
inline constexpr int32_t kOutside = -1;

// A convolution of stride 1, without dilation, whose kernel has 3 or 5 columns.
struct ConvRows {
  int32_t in_h = 0, in_w = 0, out_h = 0, out_w = 0;
  int32_t kernel_h = 0, kernel_w = 0;
  int32_t pad_top = 0, pad_left = 0;
  bool adds_outside = false;  // zeros outside the image are multiplied and added; else such taps are left out
};
// Columns of outputs that are worked on together there.
inline constexpr int32_t kRowColumns = 32;

struct ConvCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t in_image = 0, out_image = 0;  // elements per image
  int32_t images = 0;
  int32_t cin = 0, cout = 0;
  int32_t out_stride = 0;  // channels of an output pixel: cout, or more around them
  int32_t kernel_taps = 0;
  const float* weights = nullptr;  // packed: see packed_index
  const float* zeros = nullptr;    // cin zeros; with `rows`: of kRowColumns + kernel_w - 1 pixels
  std::span<const PositionClass> classes;
  const ConvRows* rows = nullptr;  // for all positions of such a convolution, without blocks: a single
                                   // vector of channels may be computed row by row
  // Lengths, sum = kernel_taps * cin: a chain per block, results added in order, those of the blocks from
  // `second` on (0: there is one part) apart from the others. Then every class has all taps. Empty: one
  // chain.
  std::span<const int64_t> blocks;
  size_t second = 0;
  EpilogueCall epilogue;
};

// A convolution of every channel on its own.
inline constexpr int kMostChannelTaps = 128;
struct ChannelConvCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t in_image = 0, out_image = 0;  // elements per image
  int32_t images = 0;
  int32_t channels = 0;
  bool in_lanes = false;           // each sum is a ref::LaneSum, else a chain
  const float* weights = nullptr;  // [kernel taps][weights_stride]: the channels of a tap
  int64_t weights_stride = 0;      // whole vectors
  const float* zeros = nullptr;    // [channels], padded
  std::span<const PositionClass> classes;
  EpilogueCall epilogue;
};

struct MaxPoolCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t in_image = 0;  // elements per image
  int32_t images = 0;
  int32_t positions = 0;  // of the output
  int32_t channels = 0;
  const int32_t* first = nullptr;  // [positions + 1]: where the window of a position begins in `input`
  const int32_t* input = nullptr;  // offsets of pixels in their image
};

struct DenseCall {
  const float* in = nullptr;
  float* out = nullptr;
  int32_t rows = 0;
  int32_t inputs = 0, units = 0;
  const float* weights = nullptr;   // packed: see packed_index, one tap
  std::span<const int64_t> blocks;  // lengths, sum = inputs
  EpilogueCall epilogue;
};

struct ElementwiseCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t rows = 0;
  int32_t channels = 0;
  EpilogueCall epilogue;
};

// A function of every element; reads up to a vector behind the last one.
struct FunctionCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t count = 0;
  ops::FunctionKind kind = ops::FunctionKind::sigmoid;
  ops::TensorFlow release = ops::TensorFlow::v2_14;
  float alpha = 0.0f;
};

// How plane_columns lays out an image. A place is an output position, in rows that are as long as the
// planes': the last kernel_w - 1 of a row mean nothing.
struct PlaneLayout {
  PlaneLayout(const ConvRows& rows, int64_t cin, int lanes);
  int64_t rows = 0, pitch = 0;  // of a plane: the image and its border
  int64_t places = 0;           // whole vectors
  int64_t stride = 0;           // floats from plane to plane
  int64_t planes = 0;           // one per input channel; and one that says what is inside the image
  // The room that a call with so many columns needs.
  [[nodiscard]] int64_t floats(int64_t columns) const noexcept { return planes * stride + columns * places; }
};

// A convolution of one image into a few output channels; stride and dilation 1, any kernel.
struct PlaneCall {
  const float* in = nullptr;  // [in_h][in_w][cin]
  const ConvRows* rows = nullptr;
  int32_t cin = 0, columns = 0;    // columns: output channels
  const float* weights = nullptr;  // [taps][cin][weights_stride]
  int32_t weights_stride = 0;
  float* room = nullptr;  // PlaneLayout::floats, and a vector
  float* sums = nullptr;  // out, [output positions][columns]; no epilogue
};

struct SimdTable {
  KernelSet set = KernelSet::scalar;
  int lanes = 0;              // floats per vector
  int vectors_per_block = 0;  // output channels are worked on in blocks of up to this many vectors
  void (*conv2d)(const ConvCall& call) = nullptr;
  void (*channel_conv2d)(const ChannelConvCall& call) = nullptr;
  void (*max_pool)(const MaxPoolCall& call) = nullptr;
  void (*dense)(const DenseCall& call) = nullptr;
  void (*elementwise)(const ElementwiseCall& call) = nullptr;
  // False: the function has no vector form here, nothing was done.
  bool (*function)(const FunctionCall& call) = nullptr;
  void (*plane_columns)(const PlaneCall& call) = nullptr;
  // For measurements: so many rounds of multiply-adds that depend on nothing but themselves. Some number.
  float (*multiply_add_chains)(int64_t rounds) = nullptr;
  int multiply_adds_per_round = 0;
};

// Null when this build or this CPU does not have the set.
[[nodiscard]] const SimdTable* simd_table(KernelSet set);

// Where element (k, co) of a (K, cout) kernel lies in the packed weights: blocks of up to vectors_per_block
// vectors of output channels; inside a block [K][vectors of the block]. Channels behind cout are zero.
[[nodiscard]] int64_t packed_index(const SimdTable& table, int64_t depth, int64_t cout, int64_t k,
                                   int64_t co);
[[nodiscard]] int64_t packed_size(const SimdTable& table, int64_t depth, int64_t cout);

}  // namespace tf_injector::detail::simd
