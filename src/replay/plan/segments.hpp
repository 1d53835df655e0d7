// The steps of a plan cut where a single value is live: there packs can be carried on and compacted.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "replay/plan/replay_step.hpp"

namespace tf_injector::detail::replay {

// Steps between two places where all that a fault has changed is one value (the end of a residual block,
// say): there the faults that have not ended can be packed anew. The last segment's value is the scored
// output.
struct Segment {
  size_t first = 0, end = 0;  // steps
  int value = -1;             // what it hands on
  int per_fault_limit = 0;    // with up to so many changed lanes, fault by fault is faster than as a pack
};
inline constexpr int kMaxPerFault = 16;  // the largest per_fault_limit

// `inputs`: values of the model's inputs, the first ones; `output`: the scored value; `lanes`: of a vector.
[[nodiscard]] std::vector<Segment> cut_segments(std::span<const ReplayStep> steps, int inputs, int output,
                                                int lanes);

}  // namespace tf_injector::detail::replay
