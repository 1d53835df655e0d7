// What replay knows of a Plan: which values are made of positions, which steps can be recomputed position by
// position. Const, shared.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/conv2d.hpp"
#include "plan/plan_impl.hpp"

namespace tf_injector::replay {

// At most this many faults of an image are worked on together: one bit each in a mask.
inline constexpr int kGroup = 64;

// A value seen as positions x channels: an image (H, W, C) has H * W positions, anything else one.
struct ValueInfo {
  int64_t positions = 1;
  int64_t channels = 0;
  int slot =
      -1;  // which buffer holds the faulty values (Plan's memory plan); -1: a model input, never faulty
  [[nodiscard]] int64_t elements() const noexcept { return positions * channels; }
};

struct StepInfo {
  const Kernel* kernel = nullptr;
  const SimdConv2D* conv = nullptr;  // null: the step is recomputed as a whole
  std::vector<int> reads;            // values; with a fused Add its operand is the last
  int output = -1;                   // value
  bool fused_add = false;
  // Convolutions: per output position and tap, the input position or -1 (outside).
  std::vector<int32_t> input_position;
  std::vector<uint16_t> class_of;  // per output position: index into conv->positions().classes
};

class ReplayPlan {
 public:
  // `plan` must outlive it.
  explicit ReplayPlan(const Plan& plan);

  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }
  [[nodiscard]] const std::vector<ValueInfo>& values() const noexcept { return values_; }
  [[nodiscard]] const std::vector<StepInfo>& steps() const noexcept { return steps_; }
  [[nodiscard]] int output() const noexcept { return plan_.impl().output_value; }
  // Steps whose result a fault in this weight changes.
  [[nodiscard]] std::vector<size_t> steps_holding(WeightId weight) const;
  // Memory of one Workspace.
  [[nodiscard]] size_t workspace_bytes() const noexcept;

 private:
  const Plan& plan_;
  std::vector<ValueInfo> values_;
  std::vector<StepInfo> steps_;
};

}  // namespace tf_injector::replay
