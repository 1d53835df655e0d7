// What one instruction set offers: plain function pointers over plain structs. One table per instruction set,
// all compiled from the same sources (Highway, once per target).
#pragma once

#include <cstdint>
#include <span>

#include "graph/ops/activation.hpp"
#include "graph/ops/function.hpp"
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
  const float* weights = nullptr;  // packed: see pack_weights
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

// A function of every element; reads up to a vector behind the last one.
struct FunctionCall {
  const float* in = nullptr;
  float* out = nullptr;
  int64_t count = 0;
  ops::FunctionKind kind = ops::FunctionKind::sigmoid;
  ops::TensorFlow release = ops::TensorFlow::v2_14;
  float alpha = 0.0f;
};

// --- replay: a pack of faults across the lanes, kLaneVectors vectors wide (SimdTable::width() floats) ---

inline constexpr int kLaneVectors = 4;
inline constexpr int kMaxWidth = 64;  // AVX-512: 4 x 16
using LaneMask = uint64_t;            // bit l: lane l of a pack

// A pixel of a value as the faults of a pack have it. The held lanes lie in a row one behind the other, in
// whole vectors; the other lanes have golden's values. No row: +0 in the held lanes, and in golden unless
// every lane of the pack is held.
struct LanePixel {
  LaneMask held = 0;              // none: the pixel is golden's
  const float* change = nullptr;  // [vectors of the held lanes]: squared norm of the difference from golden
  const float* rows = nullptr;    // [count][vectors]
  const int32_t* channels = nullptr;  // [count], ascending
  int32_t count = 0;
};

// A new value of one lane in one channel of a pixel.
struct LaneChange {
  int32_t channel = 0, lane = 0;
  float value = 0.0f;
};

// A tap of an output position: the pixel it reads.
struct LaneTap {
  LanePixel pixel;
  const float* golden = nullptr;  // [cin]: golden's pixel
  int32_t tap = 0;
};

// What the chains of one output position run over, in their order: a row per input (tap, channel) that is not
// +0 in every wanted lane. A zero may be left out: fma(0, w, acc) == acc in every bit for finite w, unless
// acc is -0; so the kernels say whether a chain ended in -0, and then it has to be done again with all rows.
struct LaneWindow {
  int32_t rows = 0;
  int32_t vectors = 1;                 // of a row: the wanted lanes one behind the other
  const float* values = nullptr;       // [rows][vectors]
  const float* weights = nullptr;      // (taps * cin, cout), row-major, a vector of padding behind
  const int32_t* weight_at = nullptr;  // [rows]: where in `weights` the input's row begins
};

struct LaneWindowCall {
  std::span<const LaneTap> taps;
  LaneMask lanes = 0;  // the wanted ones: all that some pixel holds, and perhaps more
  int32_t cin = 0, cout = 0;
  float* values = nullptr;       // room for all inputs, for LaneWindow's values
  int32_t* weight_at = nullptr;  // out, a vector of padding behind
  // Out, [vectors], may be null: squared norm of the inputs' difference from golden, of every lane; the
  // largest of each vector.
  float *change = nullptr, *most = nullptr;
};

struct LaneRows {
  int32_t count = 0;
  const float* values = nullptr;  // the call's, or where the rows lie already: those of its only pixel
};

// A pixel with changes: a row per channel that it had one of, or golden's where it is golden's, and per
// channel that is changed.
struct LaneMergeCall {
  LanePixel pixel;                // as it is
  const float* golden = nullptr;  // [channels]
  LaneMask lanes = 0;             // that the result holds: of the pixel, of the changes, and perhaps more
  int32_t channels = 0;
  const LaneChange* changes = nullptr;  // [change_count], ascending by channel; a lane comes once a channel
  int32_t change_count = 0;
  int32_t* listed = nullptr;  // room for `channels` and a vector
  // Out: a LanePixel of `lanes` that does not overlap with `pixel`.
  float* values = nullptr;  // the change, then the rows
  int32_t* out_channels = nullptr;
};

// Faults across the lanes: chains of some channels for whole vectors of faults.
struct LaneSumsCall {
  LaneWindow window;
  const int32_t* channels = nullptr;  // the output channels wanted
  int32_t channel_count = 0;
  const int32_t* sum_rows = nullptr;  // [channel_count]: the row of the sums
  int32_t vectors = kLaneVectors;     // the first of each row
  float* sums = nullptr;              // [rows][width]
  bool add_to_sums = false;           // sums + chain, rounded, instead of chain (the blocks of a Dense)
};

// Output channels of a step whose weights can be packed, in vectors.
inline constexpr int kMostPackedVectors = 32;

// The same chains for single items (a fault, a position), output channels across the lanes. All items run
// over the same rows, each over values of its own.
struct ItemSumsCall {
  int32_t rows = 0;
  const float* values = nullptr;
  const int32_t* value_at = nullptr;   // [rows]: where in `values` the input lies, item by item
  const float* weights = nullptr;      // (taps * cin, cout), row-major, a vector of padding behind
  const int32_t* weight_at = nullptr;  // [rows]: where in `weights` the input's row begins
  int32_t count = 0;
  const int32_t* channels = nullptr;  // the output channels wanted, ascending
  int32_t channel_count = 0;
  // Room for rows * (channel_count + a vector) floats, where the wanted weights are packed; null: they are
  // read as they lie.
  float* packed = nullptr;
  float* sums = nullptr;  // item i, channel c: sums[i + c * channel_stride]
  int32_t channel_stride = 1;
  bool add_to_sums = false;
};

// How an op over the window of a single channel makes its value.
enum class WindowSum { maximum, chain, lanes };

// A position of a convolution of single channels for a pack. No zero is left out.
struct ChannelWindowCall {
  WindowSum sum = WindowSum::chain;  // not maximum
  int32_t taps = 0;                  // at most kMostChannelTaps
  int32_t channels = 0;
  int32_t vectors = 1;                    // of a row
  const float* const* rows = nullptr;     // [taps][channels]: the inputs' values, [vectors]
  const float* const* weights = nullptr;  // [taps]: [channels]
  float* sums = nullptr;                  // [channels][width]
};

// The largest of some pixels, one or more, in every channel and wanted lane: as a max pooling takes them one
// after the other.
struct LaneMaximaCall {
  std::span<const LaneTap> pixels;  // which tap each is does not matter
  LaneMask lanes = 0;               // the wanted ones: all that some pixel holds, and perhaps more
  int32_t channels = 0;
  const float* golden = nullptr;  // [channels]: golden's maxima
  int32_t* next = nullptr;        // [pixels]: room
  // Out: the channels that are not +0 in every lane and in golden, and perhaps more; ascending.
  float* sums = nullptr;            // [count][width]
  int32_t* out_channels = nullptr;  // [count]
};

// Channels that are alive for the same pairs of a LaneAliveCall, ascending, and their places among all that
// are. Room for cout + 4 vectors each.
struct LaneLevel {
  int32_t *channels = nullptr, *rows = nullptr;
  int32_t count = 0;
};

// Which outputs of a position may be other than zero: !(margin + (slope * reach + shift) < 0), for up to
// kLaneVectors pairs of reach and shift, none larger than the one before.
struct LaneAliveCall {
  // margin: (y + noise * input_norm) + (offset + add_noise). All of [cout], readable up to whole vectors.
  const float *y = nullptr, *noise = nullptr, *offset = nullptr, *slope = nullptr;
  float input_norm = 0.0f, add_noise = 0.0f;
  int32_t vectors = 1;
  const float *reach = nullptr, *shift = nullptr;  // [vectors]
  int32_t cout = 0;
  // Out, room for cout + 4 vectors: channels that are alive for the first pair, ascending, and for how many
  // pairs.
  int32_t *channels = nullptr, *alive_in = nullptr;
  LaneLevel* levels =
      nullptr;  // out, [vectors]: those that are alive for 1, 2, .. pairs; not for a single pair
};

// Sums to output values: epilogue, what differs from golden, rows that are +0 in all lanes left out.
struct LaneFinishCall {
  LaneMask lanes = 0, all_lanes = 0;  // that have sums (the others are golden's); of the pack
  const float* sums = nullptr;        // [count][width]: of `lanes`, one behind the other
  const int32_t* channels = nullptr;  // [count], ascending; all others are zero in every lane and in golden
  int32_t count = 0;
  // [count]: the channel has sums in so many vectors, the last ones; where it has none, the output is
  // golden's.
  const int32_t* alive_in = nullptr;  // null: it has all
  EpilogueCall epilogue;              // its `add` is not used:
  bool has_add = false;
  LanePixel add;                      // the operand's pixel
  const float* add_golden = nullptr;  // [channels]
  int32_t* add_places = nullptr;      // [channels]: room, all 0, and so again in the end
  const float* golden = nullptr;      // golden's output pixel
  // Out: a LanePixel of the lanes that differ. Room for count + 1 rows of the vectors of `lanes`, and a
  // vector.
  float* values = nullptr;  // the change, then the rows
  int32_t* out_channels = nullptr;
  bool keeps_all = false;  // also the lanes that do not differ
};

// Lanes of a pixel's row that go to another pack.
struct LanePart {
  const float* row = nullptr;  // null: zeros
  LaneMask places = 0;         // which, by their places in the row
};

// The faulted layer: lane l is fault l's own output channel (replay).
struct ColumnsCall {
  int32_t faults = 0;                  // up to kMaxWidth
  const int32_t* channel = nullptr;    // [faults]
  std::span<const int32_t> positions;  // of the output
  float* values = nullptr;        // [output positions][faults], a vector behind: sums, then output values
  EpilogueCall epilogue;          // per-channel arrays hold fault l's channel at l; `add`: golden's operand
  const float* golden = nullptr;  // golden's output; both are [output positions][channels]
  int64_t channels = 0;
  LaneMask* differs = nullptr;  // out, [positions]: bit l: the value of fault l is not golden's
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
  // Of every row, the sum of the squares, in any order.
  void (*squares)(const float* values, int64_t rows, int32_t channels, float* sums) = nullptr;
  // False: the function has no vector form here, nothing was done.
  bool (*function)(const FunctionCall& call) = nullptr;
  // Floats of a pack: one per fault.
  [[nodiscard]] int width() const noexcept { return lanes * kLaneVectors; }
  // The window's rows.
  LaneRows (*lane_window)(const LaneWindowCall& call) = nullptr;
  // How many rows the pixel has.
  int32_t (*lane_merge)(const LaneMergeCall& call) = nullptr;
  // True: some chain ended in -0.
  bool (*lane_sums)(const LaneSumsCall& call) = nullptr;
  bool (*item_sums)(const ItemSumsCall& call) = nullptr;
  // The squared norm of a pixel's difference: the largest of each vector of wanted lanes.
  void (*lane_most)(const LanePixel& pixel, LaneMask lanes, float* most) = nullptr;
  void (*channel_window)(const ChannelWindowCall& call) = nullptr;
  int32_t (*lane_maxima)(const LaneMaximaCall& call) = nullptr;  // how many channels
  // How many channels are listed.
  int32_t (*lane_alive)(const LaneAliveCall& call) = nullptr;
  // The lanes that differ from golden in some bit. `rows`: how many were written.
  LaneMask (*lane_finish)(const LaneFinishCall& call, int32_t* rows) = nullptr;
  // Parts of rows put one behind the other; returns how many floats that are. Writes a vector more.
  int32_t (*lane_join)(std::span<const LanePart> parts, float* row) = nullptr;
  // sums[channel of the row] += row. sums: [channels][width].
  void (*lane_add)(const float* rows, const int32_t* channels, int32_t count, int32_t vectors,
                   float* sums) = nullptr;
  void (*columns)(const ColumnsCall& call) = nullptr;
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

}  // namespace tf_injector::simd
