// Decides how a pack goes on from a segment: as a pack through this segment, or fault by fault through as
// many as only few of its lanes have begun in.
#pragma once

#include <cstddef>
#include <span>

#include "replay/fault_block.hpp"
#include "replay/plan/segments.hpp"
#include "replay/simd/pack_table.hpp"

namespace tf_injector::detail::replay {

// A pack in front of a segment.
struct PackState {
  simd::LaneMask changed_lanes = 0;           // that differ from golden
  bool has_large_delta = false;               // see Pack
  std::span<const LayerFaults> pending = {};  // layers that its faults hit from here on, ascending by step
};

struct Strategy {
  bool is_per_fault = false;
  simd::LaneMask lanes = 0;  // fault by fault: those that are run; as a pack: all
  size_t end = 0;            // the segment behind the last one that is run
  size_t layers = 0;         // so many pending layers lie in these segments
};

// `segment`: the next one. `may_run_per_fault`: else every pack with a changed lane is run as one.
[[nodiscard]] Strategy choose_strategy(std::span<const Segment> segments, size_t segment,
                                       const PackState& pack, bool may_run_per_fault);

}  // namespace tf_injector::detail::replay
