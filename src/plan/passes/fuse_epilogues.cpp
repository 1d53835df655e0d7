#include <algorithm>

#include "plan/draft.hpp"

namespace tf_injector::detail::plan {
namespace {

template <class T>
bool is(const DraftStep& step) {
  return std::holds_alternative<T>(step.op);
}

bool is_convolution(const DraftStep& step) { return is<ops::Conv2D>(step) || is<ops::DepthwiseConv2D>(step); }

// The step that computes `use`, if an epilogue may be fused into it: its value has no other reader, and the
// same shape. Else -1.
int finishable(const Draft& draft, const Use& use) {
  const int producer = draft.producer(use.value);
  if (producer < 0 || draft.readers(use.value) != 1) return -1;
  return draft.steps[static_cast<size_t>(producer)].shape == use.shape ? producer : -1;
}

// Moves step `from`, which now includes the later step `step`, to the position of `step`.
void merge(Draft& draft, size_t from, size_t step, const std::string& label, const Epilogue& epilogue,
           std::vector<Use> more_inputs) {
  DraftStep merged = draft.steps[from];
  merged.label += "+" + label;
  merged.epilogue = epilogue;
  merged.output = draft.steps[step].output;
  merged.inputs.insert(merged.inputs.end(), more_inputs.begin(), more_inputs.end());
  draft.steps[step] = std::move(merged);
  draft.steps.erase(draft.steps.begin() + static_cast<std::ptrdiff_t>(from));
}

bool fuse_batch_normalization(Draft& draft, size_t i) {
  // The fused rule holds for images only; numerics.md, "BatchNormalization".
  if (draft.steps[i].shape.rank() != 3) return false;
  const int from = finishable(draft, draft.steps[i].inputs[0]);
  if (from < 0) return false;
  const DraftStep& before = draft.steps[static_cast<size_t>(from)];
  if (!is_convolution(before) || !before.epilogue.empty()) return false;
  Epilogue epilogue = before.epilogue;
  epilogue.batch_normalization = std::get<ops::BatchNormalization>(draft.steps[i].op);
  merge(draft, static_cast<size_t>(from), i, "BatchNormalization", epilogue, {});
  return true;
}

bool fuse_add(Draft& draft, size_t i) {
  if (draft.steps[i].inputs.size() != 2) return false;
  int best = -1, operand = -1;
  for (int k : {0, 1}) {  // take the later of two candidates: then the other operand is already computed
    const int from = finishable(draft, draft.steps[i].inputs[static_cast<size_t>(k)]);
    if (from < 0) continue;
    const DraftStep& before = draft.steps[static_cast<size_t>(from)];
    const bool computes =
        is_convolution(before) || is<ops::Dense>(before) || is<ops::BatchNormalization>(before);
    if (!computes || before.epilogue.add || before.epilogue.activation || from <= best) continue;
    best = from;
    operand = k;
  }
  if (best < 0) return false;
  Epilogue epilogue = draft.steps[static_cast<size_t>(best)].epilogue;
  epilogue.add = true;
  const Use other = draft.steps[i].inputs[static_cast<size_t>(1 - operand)];
  merge(draft, static_cast<size_t>(best), i, "Add", epilogue, {other});
  return true;
}

bool fuse_activation(Draft& draft, size_t i) {
  const int from = finishable(draft, draft.steps[i].inputs[0]);
  if (from < 0) return false;
  const DraftStep& before = draft.steps[static_cast<size_t>(from)];
  const bool computes = is_convolution(before) || is<ops::Dense>(before) ||
                        is<ops::BatchNormalization>(before) || is<ops::Add>(before);
  if (!computes || before.epilogue.activation) return false;
  Epilogue epilogue = before.epilogue;
  const auto kind = std::get<ops::Activation>(draft.steps[i].op).kind;
  epilogue.activation = kind;
  merge(draft, static_cast<size_t>(from), i, ops::activation_name(kind), epilogue, {});
  return true;
}

}  // namespace

void fuse_epilogues(Draft& draft) {
  for (size_t i = 0; i < draft.steps.size();) {
    bool merged = false;
    if (is<ops::BatchNormalization>(draft.steps[i])) {
      merged = fuse_batch_normalization(draft, i);
    } else if (is<ops::Add>(draft.steps[i])) {
      merged = fuse_add(draft, i);
    } else if (is<ops::Activation>(draft.steps[i])) {
      merged = fuse_activation(draft, i);
    }
    if (!merged) ++i;  // a merge removes one step before i, so that i is already the next step
  }
}

}  // namespace tf_injector::detail::plan
