// The forms in which steps are computed for a pack, one file each. Every compute() writes the pixels of the
// step's output that differ from golden in some lane; the output was begun (PackedActivations::begin) before.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "replay/arrays.hpp"
#include "replay/forms/pack_pixels.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

void compute_elementwise(const ReplayStep& step, PackPixels& pixels);
void compute_function(const ReplayStep& step, PackPixels& pixels);
void compute_binary(const ReplayStep& step, PackPixels& pixels);
void compute_movement(const ReplayStep& step, PackPixels& pixels);
void compute_join(const ReplayStep& step, PackPixels& pixels);

struct AverageFormArrays {
  AlignedBuffer stripes_;  // [stripes][channels][width]: partial sums

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.add(stripes_, sizes.channels * sizes.width * sizes.stripes);
  }
};

class AverageForm : AverageFormArrays {
 public:
  explicit AverageForm(const ReplaySizes& sizes);
  void compute(const ReplayStep& step, PackPixels& pixels);

 private:
  void average_window(const ReplayStep& step, int64_t position, LaneMask reach, PackPixels& pixels);
  // False: a sum of the window ended in -0 with its zeros left out.
  bool sum_window(const ReplayStep& step, int64_t position, LaneMask reach, bool with_zeros,
                  PackPixels& pixels);
};

struct WindowFormArrays {
  AlignedBuffer zeros_, values_;
  std::vector<int32_t> at_, next_;
  std::vector<simd::LaneTap> taps_;
  std::vector<const float*> rows_, weights_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.add(zeros_, sizes.width);
    to.add(values_, sizes.window_rows * sizes.width);
    to.add(at_, sizes.window_rows + simd::kMaxWidth);
    to.add(next_, sizes.window_pixels);
    to.add(rows_, sizes.window_rows);
    to.reserve(taps_, sizes.window_pixels);
    to.reserve(weights_, sizes.window_pixels);
  }
};

// Single channels' convolutions and maxima.
class WindowForm : WindowFormArrays {
 public:
  explicit WindowForm(const ReplaySizes& sizes);
  void compute(const ReplayStep& step, PackPixels& pixels);

 private:
  void convolve(const ReplayStep& step, int64_t position, LaneMask reach, PackPixels& pixels);
  void take_maxima(const ReplayStep& step, int64_t position, LaneMask reach, PackPixels& pixels);
};

struct WholeFormArrays {
  AlignedBuffer out_, before_;
  std::vector<AlignedBuffer> in_;
  std::vector<LaneChange> changes_;
  std::vector<const float*> pointers_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.add(out_, sizes.elements);
    to.add(before_, sizes.channels);
    to.repeat(in_, sizes.reads, [&](AlignedBuffer& in, int64_t) { to.add(in, sizes.elements); });
    to.reserve(changes_, sizes.channels);
    to.add(pointers_, sizes.reads);
  }
};

// Any step, lane by lane: its kernel, or one with the lane's fault in it, on the lane's own inputs.
class WholeForm : WholeFormArrays {
 public:
  explicit WholeForm(const ReplaySizes& sizes);
  // `patched`: per lane the kernel to take (null: the step's); or empty.
  void compute(const ReplayStep& step, LaneMask lanes, std::span<const std::unique_ptr<const Kernel>> patched,
               BatchContext context, PackPixels& pixels);
  // All of a value as one lane has it, dense: the golden array if the lane does not differ. Valid until the
  // next call.
  [[nodiscard]] const float* read_value(int value, int lane, PackPixels& pixels);

 private:
  void store(int value, int lane, PackPixels& pixels);
};

}  // namespace tf_injector::detail::replay
