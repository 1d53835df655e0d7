#include <algorithm>

#include "plan/draft.hpp"

namespace tf_injector::detail::plan {
namespace {

// True if the axes longer than 1 keep their order: then every element keeps its position in memory.
bool keeps_order(const ops::Transpose& op, const Shape& input) {
  int last = -1;
  for (int axis : op.perm) {
    if (input[axis] == 1) continue;
    if (axis < last) return false;
    last = axis;
  }
  return true;
}

bool takes_everything(const ops::Slice& op, const Shape& input) {
  for (size_t a = 0; a < op.axes.size(); ++a) {
    const ops::SliceAxis& axis = op.axes[a];
    if (axis.count != input[static_cast<int>(a)] || (axis.count > 1 && axis.step != 1)) return false;
  }
  return true;
}

bool is_copy(const DraftStep& step) {
  if (std::holds_alternative<ops::Reshape>(step.op)) return true;
  if (const auto* op = std::get_if<ops::Transpose>(&step.op)) return keeps_order(*op, step.inputs[0].shape);
  if (const auto* op = std::get_if<ops::Slice>(&step.op)) return takes_everything(*op, step.inputs[0].shape);
  if (std::holds_alternative<ops::Add>(step.op) || std::holds_alternative<ops::Concat>(step.op))
    return step.inputs.size() == 1;
  return false;
}

}  // namespace

void drop_copies(Draft& draft) {
  for (size_t i = 0; i < draft.steps.size();) {
    if (!is_copy(draft.steps[i])) {
      ++i;
      continue;
    }
    const ValueId from = draft.steps[i].output;
    const ValueId to = draft.steps[i].inputs[0].value;
    draft.steps.erase(draft.steps.begin() + static_cast<std::ptrdiff_t>(i));
    for (DraftStep& step : draft.steps) {
      for (Use& use : step.inputs) {
        if (use.value == from) use.value = to;  // each use keeps its own shape
      }
    }
    if (draft.output.value == from) draft.output.value = to;
  }
}

}  // namespace tf_injector::detail::plan
