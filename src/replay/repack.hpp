// Packs carried from one segment to the next, compacted: lanes of faults that have ended are dropped where
// that saves packs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "replay/counters.hpp"
#include "replay/fault_block.hpp"
#include "replay/packed_activations.hpp"

namespace tf_injector::detail::replay {

// The most memory of one buffer, in bytes, and of all of them that are not in PackedActivations.
[[nodiscard]] size_t pixel_buffer_bytes(const SlotSizes& slot);
[[nodiscard]] size_t most_outside_bytes(const ReplaySizes& sizes);

// Faults at the end of a segment: the one value that they have changed.
struct CarriedPack {
  std::vector<BlockIndex> faults;        // per lane
  LaneMask changed_lanes = 0;            // lanes that differ from golden
  bool has_large_delta = false;          // see Pack
  std::span<const LayerFaults> pending;  // steps that some of its faults hit later
  size_t segment = 0;                    // the next one to run
  SparsePixelBuffer buffer;              // of the value of the one before
};

class Repacker {
 public:
  Repacker(const ReplayPlan& plan, const GoldenActivations& golden, const PackedActivations& values);

  // Compacts the packs that go on with `segment` and have no pending layer: survivors of several packs become
  // lanes of fewer ones. The faults keep their order. Other packs stay as they are.
  [[nodiscard]] std::vector<CarriedPack> repack(size_t segment, std::vector<CarriedPack> packs);
  // A buffer for a value from the pool, and back into it. Keeps allocations out of the segments' loop; the
  // pool holds what packs that are carried and compacted need at a time.
  [[nodiscard]] SparsePixelBuffer take(int value);
  void give_back(int value, SparsePixelBuffer buffer);
  // Since this object was made.
  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }

 private:
  [[nodiscard]] std::vector<CarriedPack> repack_alike(int value, std::vector<CarriedPack> packs);
  struct Source {
    const CarriedPack* pack;
    LaneMask lanes;
  };
  [[nodiscard]] CarriedPack join(int value, std::span<const Source> sources);
  void join_pixel(int value, int64_t position, std::span<const Source> sources, CarriedPack& to);

  const ReplayPlan& plan_;
  const GoldenActivations& golden_;
  const PackedActivations& values_;
  Counters counters_;
  std::vector<std::vector<SparsePixelBuffer>> spare_;  // per slot
  std::vector<size_t> slot_bytes_;                     // the most of a buffer of that slot
  size_t outside_ = 0, most_outside_ = 0;              // of all buffers that are not in PackedActivations
  // Of the pixel that is being joined, per source that holds some of it:
  std::vector<LanePixel> pixels_;
  std::vector<simd::LanePart> parts_;
  std::vector<int32_t> next_;
};

}  // namespace tf_injector::detail::replay
