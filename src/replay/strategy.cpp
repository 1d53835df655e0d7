#include "replay/strategy.hpp"

#include <bit>
#include <cassert>

namespace tf_injector::detail::replay {
namespace {

using simd::LaneMask;

// How many changed lanes are better run fault by fault. Large deltas leave no output certain to be clipped,
// which the pack would have to compute for all lanes of a vector.
int most_per_fault(const Segment& segment, const PackState& pack, bool may_run_per_fault) {
  if (!may_run_per_fault) return 0;
  return pack.has_large_delta ? kMaxPerFault : segment.per_fault_limit;
}

}  // namespace

Strategy choose_strategy(std::span<const Segment> segments, size_t segment, const PackState& pack,
                         bool may_run_per_fault) {
  assert(segment < segments.size());
  // Lanes that differ by the end of the segments that are looked at, and layers hit in them.
  LaneMask lanes = pack.changed_lanes;
  size_t layers = 0;
  bool is_patched = false;  // a step's own kernel holds the fault: only a pack is run with it
  Strategy chosen;
  for (size_t next = segment; next < segments.size(); ++next) {
    for (; layers < pack.pending.size() && pack.pending[layers].step < segments[next].end; ++layers) {
      for (const int32_t lane : pack.pending[layers].lane) lanes |= LaneMask{1} << lane;
      for (const LayerFaults::Masked& masked : pack.pending[layers].masked)
        lanes |= LaneMask{1} << masked.lane;
      is_patched = is_patched || !pack.pending[layers].patched.empty();
    }
    const int most = most_per_fault(segments[next], pack, may_run_per_fault);
    if (is_patched || std::popcount(lanes) > most) {
      if (next == segment) return {.is_per_fault = false, .lanes = 0, .end = segment + 1, .layers = layers};
      break;
    }
    chosen = {.is_per_fault = true, .lanes = lanes, .end = next + 1, .layers = layers};
  }
  return chosen;
}

}  // namespace tf_injector::detail::replay
