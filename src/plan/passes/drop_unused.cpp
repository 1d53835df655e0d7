#include <algorithm>
#include <set>

#include "plan/draft.hpp"

namespace tf_injector::detail::plan {

void drop_unused(Draft& draft) {
  std::set<ValueId> read{draft.output.value};
  for (size_t i = draft.steps.size(); i-- > 0;) {  // backwards: readers come after what they read
    if (!read.contains(draft.steps[i].output)) continue;
    for (const Use& use : draft.steps[i].inputs) read.insert(use.value);
  }
  std::erase_if(draft.steps, [&](const DraftStep& step) { return !read.contains(step.output); });
}

}  // namespace tf_injector::detail::plan
