// The steps of a plan for a few faults, one by one: values are dense, and a step runs its own kernel at the
// positions whose receptive field has changed. Faster than a pack while few of its lanes differ from golden.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/faulted_channel_outputs.hpp"
#include "replay/golden_activations.hpp"
#include "replay/packed_activations.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

struct PerFaultExecutorArrays {
  // A value as one fault has it.
  struct Value {
    int owner = -1;  // which; its array holds all of it then
    AlignedBuffer values;
    std::vector<uint8_t> dirty;  // per position
    int64_t changed = 0;         // how many are dirty
  };
  struct Fault {
    int32_t lane = 0;
    std::vector<Value> slots;  // per slot of the memory plan
  };
  std::vector<Fault> faults_;
  std::vector<int32_t> positions_, all_positions_;
  PositionScratch scratch_;
  std::vector<const float*> pointers_;
  std::vector<int32_t> all_channels_;
  AlignedBuffer sums_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.repeat(faults_, sizes.alone, [&](Fault& fault, int64_t) {
      to.repeat(fault.slots, static_cast<int64_t>(sizes.slots.size()), [&](Value& value, int64_t slot) {
        to.add(value.values, sizes.slots[idx(slot)].elements);
        to.add(value.dirty, sizes.slots[idx(slot)].positions);
      });
    });
    to.reserve(positions_, sizes.out_positions);
    to.add(all_positions_, sizes.positions);
    list_scratch(scratch_, sizes, to);
    to.add(pointers_, sizes.reads);
    to.add(all_channels_, sizes.channels);
    to.add(sums_, sizes.channels * sizes.width);
  }
};

class PerFaultExecutor : PerFaultExecutorArrays {
 public:
  // All outlive it. `values`: of the pack that is being worked on.
  PerFaultExecutor(const ReplayPlan& plan, const GoldenActivations& golden, PackedActivations& values,
                   FaultedChannelOutputs& faulted_outputs);

  // Steps first..end-1 of some lanes, up to kMaxPerFault; `hits`: of linear steps, ascending, also those of
  // other lanes. Reads `from` (-1: nothing is changed yet) and writes `to` of the pack's values.
  void run(size_t first, size_t end, std::span<const LayerFaults> hits, LaneMask lanes, int from, int to,
           BatchContext context);
  // Since this object was made.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  using Value = PerFaultExecutorArrays::Value;
  using Fault = PerFaultExecutorArrays::Fault;
  [[nodiscard]] const ValueInfo& info(int value) const { return plan_.values()[static_cast<size_t>(value)]; }
  [[nodiscard]] Value& slot(Fault& fault, int value) {
    return fault.slots[static_cast<size_t>(info(value).slot)];
  }
  [[nodiscard]] bool is_changed(Fault& fault, int value) { return slot(fault, value).owner == value; }
  // The golden array where the fault has changed nothing.
  [[nodiscard]] const float* read(Fault& fault, int value);
  Value& begin(Fault& fault, int value);
  void mark(Value& value, int64_t position) {
    value.changed += value.dirty[static_cast<size_t>(position)] == 0 ? 1 : 0;
    value.dirty[static_cast<size_t>(position)] = 1;
  }
  void load(Fault& fault, int value);
  void run_step(Fault& fault, const ReplayStep& step, BatchContext context);
  void run_whole(Fault& fault, const ReplayStep& step, BatchContext context);
  void run_linear(Fault& fault, const ReplayStep& step, BatchContext context);
  void compare(Value& out, std::span<const int32_t> positions, bool keeps_all);
  bool list_positions(Fault& fault, const ReplayStep& step);
  void copy_others(Value& out);
  void hit(std::span<Fault> faults, const LayerFaults& hit, const ReplayStep& step, BatchContext context);
  void mask(std::span<Fault> faults, std::span<const LayerFaults::Masked> masked, const ReplayStep& step);
  void store(std::span<Fault> faults, int value);
  void store_pixel(std::span<Fault> faults, int value, int64_t position, LaneMask changed_lanes);

  const ReplayPlan& plan_;
  const GoldenActivations& golden_;
  PackedActivations& values_;
  FaultedChannelOutputs& faulted_outputs_;
  Counters counters_;
};

}  // namespace tf_injector::detail::replay
