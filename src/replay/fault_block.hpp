// A block of faults prepared for replay: sorted by the layer they hit, cut into groups, each group with the
// weights it changes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "graph/patch.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {

// The faults of a group that hit one step.
struct Hit {
  size_t step = 0;
  uint64_t mask = 0;  // bit f: fault f of the group
  // Convolutions: lane l recomputes one output channel, that of fault lane_fault[l].
  std::vector<int32_t> lane_fault, lane_channel;
  AlignedBuffer columns;  // packed weights with one output channel per lane, the faulted weight in it
  std::unique_ptr<EpilogueData> epilogue;  // per lane
  // Other steps, and weights that several steps share: the step's kernel with the fault in it, per fault of
  // the group (null: not hit).
  std::vector<std::unique_ptr<const Kernel>> patched;
};

struct Group {
  std::vector<uint32_t> faults;  // indices into the block
  std::vector<Hit> hits;         // ascending by step
};

class FaultBlock {
 public:
  // Throws std::bad_alloc.
  FaultBlock(const ReplayPlan& plan, std::span<const Patch> patches);
  [[nodiscard]] const std::vector<Group>& groups() const noexcept { return groups_; }
  [[nodiscard]] size_t size() const noexcept { return size_; }

 private:
  std::vector<Group> groups_;
  size_t size_ = 0;
};

}  // namespace tf_injector::replay
