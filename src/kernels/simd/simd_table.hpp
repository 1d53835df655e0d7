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

// --- replay: a pack of faults across the lanes, kLaneVectors vectors wide (SimdTable::width() floats) ---

inline constexpr int kLaneVectors = 2;
inline constexpr int kMaxWidth = 32;  // AVX-512: 2 x 16

// A pixel of a value as all faults of a pack have it: the channels in which some fault has not +0, ascending.
struct LanePixel {
  const float* values = nullptr;  // [count][width]
  const int32_t* channels = nullptr;
  int32_t count = 0;
};

// Chains of fma over the rows of the taps' pixels. Rows that are zero in all lanes are not in the pixels:
// fma(0, w, acc) == acc in every bit for finite w, unless acc is -0; the result says whether a chain ended in
// -0, and then it has to be done again with all rows.
struct LaneSumsCall {
  int32_t taps = 0;
  const LanePixel* pixels = nullptr;      // [taps]
  const float* const* weights = nullptr;  // [taps]: (cin, cout), row-major
  int32_t cout = 0;
  const int32_t* channels = nullptr;  // the output channels wanted
  int32_t channel_count = 0;
  int32_t first_vector = 0, vectors = kLaneVectors;  // of the pack: the others are not computed
  float* sums = nullptr;                             // [channel_count][width]
  bool add_to_sums = false;  // sums + chain, rounded, instead of chain (the blocks of a Dense)
};

// Which outputs of a position may be other than zero: !(margin + (slope * reach + shift) < 0).
struct LaneAliveCall {
  const float* margin = nullptr;  // [cout]; all arrays padded to whole vectors
  const float* slope = nullptr;   // [cout]
  float reach = 0.0f, shift = 0.0f;
  int32_t cout = 0;
  int32_t* channels = nullptr;  // cout + 16 of room
};

// Sums to output values: epilogue, rows that are +0 in all lanes left out, what differs from golden.
struct LaneFinishCall {
  const float* sums = nullptr;        // [count][width]
  const int32_t* channels = nullptr;  // [count], ascending; all others are zero in every lane and in golden
  int32_t count = 0;
  EpilogueCall epilogue;  // its `add` is not used:
  bool has_add = false;
  LanePixel add;                                     // the operand's pixel,
  const float* add_golden = nullptr;                 // or, when it is golden's in all lanes, golden's values
  const float* golden = nullptr;                     // golden's output pixel
  int32_t first_vector = 0, vectors = kLaneVectors;  // which vectors have sums
  int32_t pack_vectors = kLaneVectors;               // vectors in use; those without sums are golden's
  float* values = nullptr;                           // out: rows
  int32_t* out_channels = nullptr;                   // out: their channels
  float* change = nullptr;  // out: [width]: squared norm of the difference from golden
};

// Lanes of a row that go to another pack.
struct LaneRow {
  uint32_t lanes = 0;             // which
  const float* values = nullptr;  // [width], or null: golden's value
};

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
  // Floats of a pack: one per fault.
  [[nodiscard]] int width() const noexcept { return lanes * kLaneVectors; }
  // True: some chain ended in -0.
  bool (*lane_sums)(const LaneSumsCall& call) = nullptr;
  // The largest lane of the sum of `count` arrays of squared norms; infinity when a lane has no number.
  float (*lane_change)(const float* const* changes, int32_t count, int32_t pack_vectors) = nullptr;
  // How many channels are listed.
  int32_t (*lane_alive)(const LaneAliveCall& call) = nullptr;
  // Bit l: fault l's pixel differs from golden's in some bit. `rows`: how many were written.
  uint32_t (*lane_finish)(const LaneFinishCall& call, int32_t* rows) = nullptr;
  // One row of a pixel from several packs: lanes of `from` (rows of one channel, null: the value `golden` in
  // all lanes), put one behind the other; what is left of the row is `golden`.
  void (*lane_join)(const LaneRow* from, int32_t count, float golden, float* row) = nullptr;
  // Golden's pixel in all lanes; how many rows were written.
  int32_t (*lane_spread)(const float* golden, int32_t channels, float* values,
                         int32_t* out_channels) = nullptr;
  // sums[channel] += the pixel's rows (golden's values when `golden` is not null). sums: [channels][width].
  void (*lane_add)(const LanePixel& pixel, const float* golden, int32_t channels, float* sums) = nullptr;
  // Bit l: the value of fault l differs from golden's. Up to kMaxWidth faults.
  uint32_t (*columns)(const ColumnsCall& call) = nullptr;
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

}  // namespace tf_injector::simd
