// What one instruction set offers to replay: many faults on one image, a pack of them across the lanes. One
// table per instruction set, as simd_table.hpp has for the kernels.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail::replay::simd {

using tf_injector::detail::simd::EpilogueCall;
using tf_injector::detail::simd::kMostChannelTaps;

// A pack of faults across the lanes, kLaneVectors vectors wide (PackTable::width() floats)

inline constexpr int kLaneVectors = 4;
inline constexpr int kMaxWidth = 64;  // AVX-512: 4 x 16
using LaneMask = uint64_t;            // bit l: lane l of a pack

// A pixel of a value as the faults of a pack have it. The changed lanes lie in a row one behind the other, in
// whole vectors; the other lanes have the golden run's values. No row: +0 in the changed lanes, and in golden
// unless every lane of the pack is changed.
struct LanePixel {
  LaneMask changed_lanes = 0;  // none: the pixel is the golden run's
  const float* delta_sq_norm =
      nullptr;                  // [vectors of the changed lanes]: squared norm of the difference from golden
  const float* rows = nullptr;  // [count][vectors]
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
  const float* golden = nullptr;  // [cin]: the golden run's pixel
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
  float *delta_sq_norm = nullptr, *most = nullptr;
};

struct LaneRows {
  int32_t count = 0;
  const float* values = nullptr;  // the call's, or where the rows lie already: those of its only pixel
};

// Puts changes into a pixel. The result has a row per channel that the pixel has a row of (where it has no
// changed lane: per channel in which the golden run is not +0), and per channel of `changes`.
struct LaneMergeCall {
  LanePixel pixel;                // as it is
  const float* golden = nullptr;  // [channels]
  LaneMask lanes = 0;             // that the result holds: of the pixel, of the changes, and perhaps more
  int32_t channels = 0;
  const LaneChange* changes = nullptr;  // [change_count], ascending by channel; a lane comes once a channel
  int32_t change_count = 0;
  int32_t* listed = nullptr;  // room for `channels` and a vector
  // Out: a LanePixel of `lanes` that does not overlap with `pixel`.
  float* values = nullptr;  // the squared norms of the deltas, then the rows
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

// A position of a convolution of single channels for a pack. No zero is left out.
struct ChannelWindowCall {
  bool in_lanes = false;  // each sum is a ref::LaneSum, else a chain
  int32_t taps = 0;       // at most kMostChannelTaps
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
  const float* golden = nullptr;  // [channels]: the golden run's maxima
  int32_t* next = nullptr;        // [pixels]: room
  // Out: the channels that are not +0 in every lane and in golden, and perhaps more; ascending.
  float* sums = nullptr;            // [count][width]
  int32_t* out_channels = nullptr;  // [count]
};

// Channels that may be non-zero for the same pairs of a LaneNonzeroCall, ascending, and their places among
// all that may be. Room for cout + 4 vectors each.
struct LaneLevel {
  int32_t *channels = nullptr, *rows = nullptr;
  int32_t count = 0;
};

// Which outputs of a position may be other than zero: !(margin + (slope * reach + shift) < 0), for up to
// kLaneVectors pairs of reach and shift, none larger than the one before.
struct LaneNonzeroCall {
  // margin: (y + noise * input_norm) + (offset + add_noise). All of [cout], readable up to whole vectors.
  const float *y = nullptr, *noise = nullptr, *offset = nullptr, *slope = nullptr;
  float input_norm = 0.0f, add_noise = 0.0f;
  int32_t vectors = 1;
  const float *reach = nullptr, *shift = nullptr;  // [vectors]
  int32_t cout = 0;
  // Out, room for cout + 4 vectors: channels that may be non-zero for the first pair, ascending, and for how
  // many pairs.
  int32_t *channels = nullptr, *nonzero_in = nullptr;
  LaneLevel* levels =
      nullptr;  // out, [vectors]: those that may be non-zero for 1, 2, .. pairs; not for a single pair
};

// Sums to output values: epilogue, what differs from golden, rows that are +0 in all lanes left out.
struct LaneFinishCall {
  LaneMask lanes = 0, all_lanes = 0;  // that have sums (the others are the golden run's); of the pack
  const float* sums = nullptr;        // [count][width]: of `lanes`, one behind the other
  const int32_t* channels = nullptr;  // [count], ascending; all others are zero in every lane and in golden
  int32_t count = 0;
  // [count]: the channel has sums in so many vectors, the last ones; where it has none, the output is
  // the golden run's.
  const int32_t* nonzero_in = nullptr;  // null: it has all
  EpilogueCall epilogue;                // its `add` is not used:
  bool has_add = false;
  LanePixel add;                      // the operand's pixel
  const float* add_golden = nullptr;  // [channels]
  int32_t* add_places = nullptr;      // [channels]: room, all 0, and so again in the end
  const float* golden = nullptr;      // the golden run's output pixel
  // Out: a LanePixel of the lanes that differ. Room for count + 1 rows of the vectors of `lanes`, and a
  // vector.
  float* values = nullptr;  // the squared norms of the deltas, then the rows
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
  float* values = nullptr;  // [output positions][faults], a vector behind: sums, then output values
  EpilogueCall epilogue;    // per-channel arrays hold fault l's channel at l; `add`: the golden run's operand
  const float* golden = nullptr;  // the golden run's output; both are [output positions][channels]
  int64_t channels = 0;
  LaneMask* differs = nullptr;  // out, [positions]: bit l: the value of fault l is not the golden run's
};

struct PackTable {
  KernelSet set = KernelSet::scalar;
  int lanes = 0;  // floats per vector
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
  int32_t (*lane_nonzero)(const LaneNonzeroCall& call) = nullptr;
  // The lanes that differ from golden in some bit. `rows`: how many were written.
  LaneMask (*lane_finish)(const LaneFinishCall& call, int32_t* rows) = nullptr;
  // Parts of rows put one behind the other; returns how many floats that are. Writes a vector more.
  int32_t (*lane_join)(std::span<const LanePart> parts, float* row) = nullptr;
  // sums[channel of the row] += row. sums: [channels][width].
  void (*lane_add)(const float* rows, const int32_t* channels, int32_t count, int32_t vectors,
                   float* sums) = nullptr;
  void (*columns)(const ColumnsCall& call) = nullptr;
  // Of every row, the sum of the squares, in any order.
  void (*squares)(const float* values, int64_t rows, int32_t channels, float* sums) = nullptr;
};

// Null when this build or this CPU does not have the set.
[[nodiscard]] const PackTable* pack_table(KernelSet set);

}  // namespace tf_injector::detail::replay::simd
