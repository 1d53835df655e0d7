// What replay knows of a Plan: values as positions x channels, and for every step the form in which it can be
// computed for a pack of faults at once. Const, shared by all threads.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/pack_interfaces.hpp"
#include "plan/plan_impl.hpp"
#include "replay/clipped_bound.hpp"
#include "replay/index.hpp"
#include "replay/pack_size.hpp"
#include "replay/replay_sizes.hpp"
#include "replay/shortcuts.hpp"
#include "replay/simd/pack_table.hpp"

namespace tf_injector::replay {

// A value seen as a matrix of positions x channels, row by row as it lies in memory: channels are the last
// axis, positions all others together. Every rank alike, since what works on channels works on the last axis:
// Dense, convolutions, BatchNormalization, pooling, joins and operands that are stretched. A step has a form
// for a pack where the kernel's own geometry is that of the matrices that it reads and writes: where a
// Reshape lies between (which renames and is no step), the same elements can be another matrix.
struct ValueInfo {
  int64_t positions = 1;
  int64_t channels = 0;
  int slot = 0;  // which buffer holds the faulty values (Plan's memory plan)
  [[nodiscard]] int64_t elements() const noexcept { return positions * channels; }
};

struct LinearStep {
  const LinearKernel* kernel = nullptr;
  LinearGeometry geometry;                    // as the input value has positions and channels
  AlignedBuffer weights;                      // (taps * cin, cout), row-major
  std::optional<ClippedBound> clipped_bound;  // only in front of a ReLU
};

struct MovementStep {
  struct Position {
    int32_t source =
        -1;  // the one input position that all channels come from, shifted by `shift`; -1: see elements
    int32_t shift = 0;
  };
  std::vector<Position> positions;
  std::vector<int32_t> elements;  // MovementKernel::sources
  float constant = 0.0f;
};

struct AverageStep {
  AverageGeometry geometry;
};

struct WindowStep {
  const WindowKernel* kernel = nullptr;
  WindowGeometry geometry;

  [[nodiscard]] bool is_maxima() const { return kernel->window_sum() == WindowSum::maximum; }
  // Of the largest window; rows of it that are put together.
  [[nodiscard]] int64_t most_pixels() const {
    size_t most = 0;
    for (const WindowGeometry::Window& window : geometry.windows)
      most = std::max(most, window.positions.size());
    return static_cast<int64_t>(most);
  }
  [[nodiscard]] int64_t most_rows() const { return is_maxima() ? 0 : most_pixels() * geometry.channels; }
};

struct BinaryStep {
  const BinaryForm* kernel = nullptr;
  // Of each input: is its one position met by every output position?
  std::array<bool, 2> one_position{};
};

struct ReplayStep {
  const Kernel* kernel = nullptr;
  std::vector<int> reads;  // values; the operand of an add is the last
  int output = -1;         // value
  bool has_add = false;
  const EpilogueData* epilogue = nullptr;  // of linear and element-wise steps
  // One of these, or none: the step is run whole, fault by fault.
  std::optional<LinearStep> linear;
  std::optional<MovementStep> movement;
  std::optional<AverageStep> average;
  std::optional<WindowStep> window;
  std::optional<BinaryStep> binary;
  const FunctionForm* function = nullptr;
  bool joins = false;  // its inputs' channels one behind the other
  bool elementwise = false;
};

// Steps between two places where all that a fault has changed is one value (the end of a residual block,
// say): there the faults that are still alive can be packed anew. The last segment's value is the scored
// output.
struct Segment {
  size_t first = 0, end = 0;  // steps
  int value = -1;             // what it hands on
  int per_fault_limit = 0;    // so many faults of a pack are better off alone (PerFaultExecutor)
};
inline constexpr int kMaxPerFault = 16;

// Are the weights of linear steps unpacked? A plan without them can be asked for sizes and memory only.
enum class Weights { unpacked, left_out };

class ReplayPlan {
 public:
  // `plan` must outlive it; its kernels must have an instruction set (plan.kernels() is not scalar).
  explicit ReplayPlan(const Plan& plan, const Shortcuts& shortcuts = {}, PackSize size = {},
                      Weights weights = Weights::unpacked);

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const simd::PackTable& table() const noexcept { return table_; }
  [[nodiscard]] const Shortcuts& shortcuts() const noexcept { return shortcuts_; }
  [[nodiscard]] const std::vector<ValueInfo>& values() const noexcept { return values_; }
  [[nodiscard]] const std::vector<ReplayStep>& steps() const noexcept { return steps_; }
  [[nodiscard]] const std::vector<Segment>& segments() const noexcept { return segments_; }
  [[nodiscard]] int output() const noexcept { return plan_.impl().output_value; }
  // Steps whose result a fault in this weight changes.
  [[nodiscard]] std::vector<size_t> steps_holding(WeightId weight) const;
  [[nodiscard]] PackSize pack_size() const noexcept { return size_; }
  [[nodiscard]] const ReplaySizes& sizes() const noexcept { return sizes_; }
  // Those to choose from for lists of so many faults, the fastest first and the smallest last. (None: the
  // first is taken.)
  [[nodiscard]] std::vector<PackSize> pack_sizes(size_t faults = SIZE_MAX) const;
  // The most positions that a value in this buffer has.
  [[nodiscard]] int64_t slot_positions(int slot) const;
  // The most that the pixels of a value in this buffer take, in packs of so many lanes.
  [[nodiscard]] PixelBufferLimit pixel_buffer_limit(int slot, int32_t lanes) const;
  // The most memory that one ReplayWorkspace of a plan with this size takes, and this object, with its
  // weights even where they are left out.
  [[nodiscard]] size_t workspace_bytes(PackSize size) const;
  [[nodiscard]] size_t bytes() const noexcept;
  // The most that a FaultBlock takes for one of these faults.
  [[nodiscard]] size_t bytes_per_fault(std::span<const Patch> faults) const;

 private:
  void add_step(const PlanStep& step, int output, Weights weights);
  void cut_segments();
  [[nodiscard]] int per_fault_limit(size_t first, size_t end) const;

  const Plan& plan_;
  const simd::PackTable& table_;
  const Shortcuts shortcuts_;
  std::vector<ValueInfo> values_;
  std::vector<ReplayStep> steps_;
  std::vector<Segment> segments_;
  PackSize size_;
  ReplaySizes sizes_;
};

}  // namespace tf_injector::replay
