#include "core/bits.hpp"
#include "plan/draft.hpp"

namespace tf_injector::plan {
namespace {

// Only +0: the kernel reads its border from a pixel of zeros.
bool is_zero_border(const ops::Pad& op) {
  return op.paddings.size() == 3 && op.paddings[2] == std::array<int64_t, 2>{0, 0} &&
         float_bits(op.value) == 0;
}

bool is_valid_convolution(const Op& op) {
  if (const auto* conv = std::get_if<ops::Conv2D>(&op)) return conv->padding == ops::Padding::valid;
  const auto* depthwise = std::get_if<ops::DepthwiseConv2D>(&op);
  return depthwise != nullptr && depthwise->padding == ops::Padding::valid;
}

}  // namespace

void fuse_padding(Draft& draft) {
  for (DraftStep& step : draft.steps) {
    if (!is_valid_convolution(step.op) || step.explicit_padding) continue;
    const int producer = draft.producer(step.inputs[0].value);
    if (producer < 0) continue;
    const DraftStep& before = draft.steps[static_cast<size_t>(producer)];
    const auto* pad = std::get_if<ops::Pad>(&before.op);
    if (pad == nullptr || !is_zero_border(*pad) || step.inputs[0].shape != before.shape) continue;
    step.explicit_padding = {{pad->paddings[0], pad->paddings[1]}};
    step.label = "Pad+" + step.label;
    step.inputs[0] = before.inputs[0];
  }
  drop_unused(draft);
}

}  // namespace tf_injector::plan
