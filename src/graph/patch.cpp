#include "graph/patch.hpp"

namespace tf_injector::detail {

std::set<std::set<WeightId>> weights_of(PatchRows faults) {
  std::set<std::set<WeightId>> found;
  std::set<WeightId> last;
  for (size_t i = 0; i < faults.size(); ++i) {
    const std::span<const Patch> fault = faults[i];
    if (fault.size() == 1 && last.size() == 1 && *last.begin() == fault.front().weight) continue;
    last.clear();
    for (const Patch& patch : fault) last.insert(patch.weight);
    found.insert(last);
  }
  return found;
}

}  // namespace tf_injector::detail
