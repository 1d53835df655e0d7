// A block of faults prepared for replay: sorted by the layer that they hit and by the size of their delta,
// cut into packs of one fault per SIMD lane (of one layer or of several that follow each other), with the
// weights that each pack changes. Packs that go through the network together are a group.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/fault_index.hpp"
#include "graph/patch.hpp"
#include "replay/plan/replay_plan.hpp"

namespace tf_injector::detail::replay {

// The faults of a pack that hit one step.
struct LayerFaults {
  size_t step = 0;
  // Linear steps: column h is output channel channel[h] as the fault in lane[h] of the pack changes it;
  // ascending by channel. A fault that changes several channels has several columns.
  std::vector<int32_t> lane, channel;
  // The inputs (tap, cin) that changed weights are multiplied with. Where all are +0 nothing changes, unless
  // some weight becomes not finite or changes its sign: then a sum's zero may change its sign. And unless a
  // bias or a parameter of the normalisation changes (`all_positions_affected`).
  std::vector<int32_t> tap, cin;
  bool all_positions_affected = false;
  AlignedBuffer columns;  // packed weights with one output channel per column, the changed weights in it
  std::unique_ptr<EpilogueData> epilogue;  // per column
  // Without the shortcut `channel`: per column, the step's kernel with the fault in it.
  std::vector<std::unique_ptr<const Kernel>> whole;
  // Masks: which elements the faults change, ascending by position. The input is golden.
  struct Masked {
    int64_t position = 0;
    int32_t channel = 0, lane = 0;
    ElementMask mask;
  };
  std::vector<Masked> masked;
  // Other steps, and faults that change several steps, or more channels than a pack has lanes: the step's
  // kernel with the fault in it, per lane (null: not hit).
  std::vector<std::unique_ptr<const Kernel>> patched;
};

// A fault's index in its pack is its lane; repacking moves it to another and takes its BlockIndex along.
struct Pack {
  std::vector<BlockIndex> faults;  // per lane
  bool has_large_delta = false;    // of all its faults: such packs are compacted among themselves
  std::vector<LayerFaults> hits;   // ascending by step
};

struct Group {
  int64_t image = kAllImages;           // the only one that has these faults
  std::vector<Pack> packs;              // ascending by the step they hit first
  std::vector<Pack> multi_layer_packs;  // hit several steps: never compacted
};

// The most that a FaultBlock takes for a fault of so many patches in weights that these steps hold.
[[nodiscard]] size_t fault_bytes(const ReplayPlan& plan, std::span<const size_t> steps, size_t patches);

class FaultBlock {
 public:
  // The faults of the engine's block from `first` on, as many as there are rows of patches. Throws
  // std::bad_alloc.
  FaultBlock(const ReplayPlan& plan, PatchRows patches, BlockIndex first = {});
  // Those of all images first, then ascending by image.
  [[nodiscard]] const std::vector<Group>& groups() const noexcept { return groups_; }
  // Calls work(group) for those that the image has.
  template <typename Work>
  void for_each_group(int64_t image, const Work& work) const {
    for (const Group& group : groups_of(kAllImages)) work(group);
    for (const Group& group : groups_of(image)) work(group);
  }
  // Has the image none of the faults?
  [[nodiscard]] bool is_idle_on(int64_t image) const noexcept {
    return groups_of(kAllImages).empty() && groups_of(image).empty();
  }
  [[nodiscard]] size_t size() const noexcept { return size_; }

 private:
  [[nodiscard]] std::span<const Group> groups_of(int64_t image) const noexcept;

  std::vector<Group> groups_;
  size_t size_ = 0;
};

}  // namespace tf_injector::detail::replay
