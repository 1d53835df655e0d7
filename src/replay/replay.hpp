// Replays faults on one image: the golden activations once, then packs of faults, each from the layer that it
// hits on, only in the receptive field of what has changed. Equal to `evaluate` with the fault's Overlay in
// every bit (tests/replay); ARCHITECTURE.md names the shortcuts.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "plan/plan.hpp"
#include "replay/arrays.hpp"
#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/golden_activations.hpp"
#include "replay/pack_executor.hpp"
#include "replay/packed_activations.hpp"
#include "replay/per_fault_executor.hpp"
#include "replay/plan/replay_plan.hpp"
#include "replay/repack.hpp"
#include "replay/strategy.hpp"

namespace tf_injector::detail::replay {

// Called for every fault whose scores differ from the golden ones in some bit. The span is valid during the
// call.
using Changed = std::function<void(BlockIndex fault, std::span<const float> scores)>;

struct ReplayScores {
  AlignedBuffer scores_, golden_scores_;

  template <class To>
  void list_arrays(const ReplaySizes& sizes, To& to) {
    to.add(scores_, sizes.scores);
    to.add(golden_scores_, sizes.scores);
  }
};

// One per thread.
class ReplayWorkspace : ReplayScores {
 public:
  explicit ReplayWorkspace(const ReplayPlan& plan);
  ReplayWorkspace(const ReplayWorkspace&) = delete;
  ReplayWorkspace& operator=(const ReplayWorkspace&) = delete;

  // inputs[i]: the image's values of the model's input i, preprocessed. scores: plan.classes() golden scores,
  // written.
  void run_golden(std::span<const std::span<const float>> inputs, BatchContext context,
                  std::span<float> scores);
  // Faults of a group on the image that run_golden saw last. Both throw Stopped where the context says so;
  // the workspace is then of no further use.
  void run_group(const Group& group, const Changed& changed);
  // Of all images and groups so far.
  [[nodiscard]] Counters counters() const noexcept;

 private:
  void count(const Group& group);
  // Without the shortcut `prefix`: every fault runs the steps before the first that it changes.
  void run_prefixes(const Group& group);
  void run_segment(size_t segment, std::span<const Pack> hitting, const Changed& changed);
  static constexpr int kNothing = -1;  // no value: all is golden
  // A pack whose state in front of a segment is in values_.
  struct ReadyPack {
    const std::vector<BlockIndex>& faults;
    PackState state;
    size_t first_step = 0;  // of the segment: it begins there
    int changed_value = kNothing;
  };
  void run_pack(const ReadyPack& pack, size_t segment, const Changed& changed);
  // Keeps what the pack has changed for the segment that it goes on with; counts it if all of it has ended.
  void carry(const ReadyPack& pack, const Strategy& how, int value);
  void report(const std::vector<BlockIndex>& faults, const Changed& changed);

  const ReplayPlan& plan_;
  GoldenActivations golden_;
  PackedActivations values_;
  FaultedChannelOutputs faulted_outputs_;
  PackExecutor pack_executor_;
  PerFaultExecutor per_fault_executor_;
  Repacker repacker_;
  BatchContext context_;
  Counters counters_;
  std::vector<CarriedPack> carried_, next_;
};

}  // namespace tf_injector::detail::replay
