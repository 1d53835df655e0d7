// What replay knows of a Plan: its values and steps, its segments and the sizes of its packs. Const, shared
// by all threads.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "plan/plan.hpp"
#include "replay/index.hpp"
#include "replay/plan/pack_size.hpp"
#include "replay/plan/replay_sizes.hpp"
#include "replay/plan/replay_step.hpp"
#include "replay/plan/segments.hpp"
#include "replay/plan/shortcuts.hpp"
#include "replay/simd/pack_table.hpp"

namespace tf_injector::detail::replay {

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
  [[nodiscard]] int output() const noexcept { return plan_.parts().output_value; }
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
  [[nodiscard]] size_t bytes_per_fault(PatchRows faults) const;

 private:
  const Plan& plan_;
  const simd::PackTable& table_;
  const Shortcuts shortcuts_;
  std::vector<ValueInfo> values_;
  std::vector<ReplayStep> steps_;
  std::vector<Segment> segments_;
  PackSize size_;
  ReplaySizes sizes_;
};

}  // namespace tf_injector::detail::replay
