#include "replay/plan/segments.hpp"

#include <algorithm>

#include "core/round_up.hpp"
#include "replay/index.hpp"

namespace tf_injector::detail::replay {
namespace {

// A position costs a pack this much before any multiply-add (lists, bounds, packing), in vectors of them; a
// fault that runs alone has to compute all inputs and channels instead. Found by trying (scripts/bench).
int per_fault_limit(std::span<const ReplayStep> steps, int lanes) {
  constexpr int64_t kPositionCost = 7000;
  int64_t alone = 1;
  for (const ReplayStep& step : steps) {
    if (!step.linear) continue;
    const LinearGeometry& g = step.linear->geometry;
    alone = std::max(alone, g.taps * g.cin * (divide_up(g.cout, lanes)));
  }
  return static_cast<int>(std::clamp<int64_t>(kPositionCost / alone, 1, kMaxPerFault));
}

}  // namespace

std::vector<Segment> cut_segments(std::span<const ReplayStep> steps, int inputs, int output, int lanes) {
  std::vector<size_t> last_read(idx(inputs) + steps.size(), 0);
  for (size_t s = 0; s < steps.size(); ++s) {
    for (int value : steps[s].reads) last_read[idx(value)] = s;
  }
  size_t first = 0;
  std::vector<Segment> segments;
  for (size_t s = 0; s < steps.size(); ++s) {
    int live = 0, value = output;
    for (int v = inputs; v <= steps[s].output; ++v) {  // inputs are never faulty
      if (last_read[idx(v)] <= s && v != output) continue;
      ++live;
      value = v;
    }
    if (live != 1 && s + 1 != steps.size()) continue;
    const int handed_on = s + 1 == steps.size() ? output : value;
    segments.push_back(
        {first, s + 1, handed_on, per_fault_limit(steps.subspan(first, s + 1 - first), lanes)});
    first = s + 1;
  }
  return segments;
}

}  // namespace tf_injector::detail::replay
