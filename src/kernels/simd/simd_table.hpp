// What one instruction set offers: plain function pointers over plain structs. One table per instruction set,
// all compiled from the same sources (Highway, once per target).
#pragma once

#include <cstdint>
#include <span>

#include "graph/ops/activation.hpp"
#include "kernels/kernel_set.hpp"

namespace tf_injector::simd {

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
};

// Output positions that sum over the same taps (all of them, or at a border those inside the image).
struct PositionClass {
  int32_t taps = 0;
  int32_t positions = 0;
  const int32_t* tap = nullptr;  // [taps]: which tap of the kernel, kh * kernel_w + kw, ascending
  const int32_t* input =
      nullptr;  // [positions][taps]: offset of the input pixel in its image, kOutside: a pixel of zeros
  const int32_t* output = nullptr;  // [positions]: which output pixel of the image, y * out_w + x
};
inline constexpr int32_t kOutside = -1;

struct ConvCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t in_image = 0, out_image = 0;  // elements per image
  int32_t images = 0;
  int32_t cin = 0, cout = 0;
  int32_t kernel_taps = 0;
  const float* weights = nullptr;  // packed: see pack_weights
  const float* zeros = nullptr;    // cin zeros
  std::span<const PositionClass> classes;
  EpilogueCall epilogue;
};

struct DenseCall {
  const float* in = nullptr;
  float* out = nullptr;
  int32_t rows = 0;
  int32_t inputs = 0, units = 0;
  const float* weights = nullptr;   // packed: see pack_weights, one tap
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

// One output position of a convolution for several faults that share golden's weights (replay). Zero inputs
// may be left out of the chains: fma(0, w, acc) == acc in every bit for finite w, unless acc is -0; a chain
// that ends in -0 is therefore done again in full.
struct PixelsCall {
  int32_t faults = 0, taps = 0, cin = 0, cout = 0;  // taps: of the whole kernel
  const float* const* sources =
      nullptr;  // [faults][taps]: the input pixel, cin values; zeros where the tap lies outside
  std::span<const int32_t> summed;  // which taps belong to the chain when nothing may be left out, ascending
  const float* weights = nullptr;   // packed
  EpilogueCall epilogue;            // its `add` is not used:
  const float* const* add = nullptr;  // [faults]: the pixel of the fused Add's operand, or null
  const float* golden = nullptr;      // golden's output pixel
  float* const* out = nullptr;        // [faults]: output pixels, cout values each
  bool skip_zeros = false;            // only when every weight is finite
  float* windows = nullptr;           // scratch: window_floats(faults, taps, cin) of them
  uint32_t* rows = nullptr;           // scratch: taps * cin + 64
};
[[nodiscard]] constexpr int64_t window_stride(int64_t taps, int64_t cin) {
  return (taps * cin + 15) / 16 * 16 + 64;
}

// One output position of the faulted layer: lane l is fault l's own output channel (replay).
struct ColumnsCall {
  int32_t faults = 0;
  const float* sums = nullptr;    // [faults]
  EpilogueCall epilogue;          // per-channel arrays hold fault l's channel at l; `add` [faults] or null
  const float* golden = nullptr;  // [faults]: golden's value of that channel
  float* out = nullptr;           // [faults], padded to a whole vector
};

struct SimdTable {
  KernelSet set = KernelSet::scalar;
  int lanes = 0;              // floats per vector
  int vectors_per_block = 0;  // output channels are worked on in blocks of up to this many vectors
  void (*conv2d)(const ConvCall& call) = nullptr;
  void (*dense)(const DenseCall& call) = nullptr;
  void (*elementwise)(const ElementwiseCall& call) = nullptr;
  // Bit f: the pixel of fault f differs from golden's in some bit. Up to 64 faults.
  uint64_t (*conv2d_pixels)(const PixelsCall& call) = nullptr;
  // Bit l: the value of fault l differs from golden's. Up to 64 faults.
  uint64_t (*columns)(const ColumnsCall& call) = nullptr;
};

// Null when this build or this CPU does not have the set.
[[nodiscard]] const SimdTable* simd_table(KernelSet set);

// Where element (k, co) of a (K, cout) kernel lies in the packed weights: blocks of up to vectors_per_block
// vectors of output channels; inside a block [K][vectors of the block]. Channels behind cout are zero.
[[nodiscard]] int64_t packed_index(const SimdTable& table, int64_t depth, int64_t cout, int64_t k,
                                   int64_t co);
[[nodiscard]] int64_t packed_size(const SimdTable& table, int64_t depth, int64_t cout);

}  // namespace tf_injector::simd
