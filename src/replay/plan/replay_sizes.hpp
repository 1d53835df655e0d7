// What the arrays of a ReplayWorkspace are sized by: computed once for a plan and a pack size, read by all
// that allocate and by what adds up their memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "replay/plan/pack_size.hpp"

namespace tf_injector::detail::replay {

class ReplayPlan;
struct ReplayStep;

// What a SparsePixelBuffer may grow to.
struct PixelBufferLimit {
  int64_t values = 0, channels = 0;  // floats, channels of rows
};

// One buffer of the memory plan.
struct SlotSizes {
  int64_t elements = 0;
  int64_t positions = 0;  // the most that a value in it has
  PixelBufferLimit limit;
};

// Where nothing else is said: the most of any value or step.
struct ReplaySizes {
  ReplaySizes() = default;
  ReplaySizes(const ReplayPlan& plan, PackSize size);

  int32_t lanes = 0, width = 0;  // of a vector, of the largest pack
  PackSize pack;
  std::vector<int64_t> values;   // elements of each
  std::vector<int64_t> squares;  // of each value: positions whose norms are asked for, or 0
  std::vector<int64_t> before;   // of each step: floats of what lies before its ReLU, or 0
  std::vector<SlotSizes> slots;
  int64_t elements = 1, channels = 1, positions = 1, reads = 1;
  // Of linear steps. `packed`: of weights in the order of single faults; `columns_room`: PositionScratch.
  int64_t columns = 1;  // faults that hit one layer at a time, in whole vectors
  int64_t taps = 1, depth = 1, cout = 1, out_positions = 1, out_elements = 1, packed = 0, columns_room = 0;
  std::vector<int64_t> among;  // positions in each class of them (PositionScratch)
  int64_t window_rows = 0, window_pixels = 0, stripes = 1;
  int64_t scores = 1;
  int64_t alone = 1;        // faults that run alone at a time
  bool runs_whole = false;  // layers that are hit (without the shortcut `channel`)

  // The most that a ReplayWorkspace takes.
  [[nodiscard]] size_t workspace_bytes() const;

 private:
  void add_values(const ReplayPlan& plan);
  void add(const ReplayStep& step, const ReplayPlan& plan);
  void add_linear(const ReplayStep& step, const ReplayPlan& plan);
};

}  // namespace tf_injector::detail::replay
