// A step of a Plan as replay sees it: values as positions x channels, and the form in which the step can be
// computed for a pack of faults at once.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "kernels/mask_kernel.hpp"
#include "kernels/pack_interfaces.hpp"
#include "plan/plan.hpp"
#include "replay/plan/clipped_bound.hpp"
#include "replay/plan/shortcuts.hpp"
#include "replay/simd/pack_table.hpp"

namespace tf_injector::detail::replay {

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
  const MaskKernel* mask = nullptr;  // where faults of outputs are put; also a movement
  bool joins = false;                // its inputs' channels one behind the other
  bool elementwise = false;
};

// Are the weights of linear steps unpacked? A plan without them can be asked for sizes and memory only.
enum class Weights { unpacked, left_out };

// `values`: of the plan so far, that of the step's output (`output`) among them.
[[nodiscard]] ReplayStep make_replay_step(const PlanStep& from, int output,
                                          const std::vector<ValueInfo>& values, const Shortcuts& shortcuts,
                                          Weights weights);

}  // namespace tf_injector::detail::replay
