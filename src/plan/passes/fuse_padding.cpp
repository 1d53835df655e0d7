#include <limits>

#include "core/bits.hpp"
#include "plan/draft.hpp"

namespace tf_injector::detail::plan {
namespace {

// A convolution reads its border from a pixel of +0, so only +0 can be fused. A border of -Inf can be left
// out of a maximum.
constexpr float kNothing = -std::numeric_limits<float>::infinity();

bool is_border(const ops::Pad& op) {
  return op.paddings.size() == 3 && op.paddings[2] == std::array<int64_t, 2>{0, 0};
}

bool is_valid_maximum(const Op& op) {
  const auto* pool = std::get_if<ops::MaxPool2D>(&op);
  return pool != nullptr && pool->padding == ops::Padding::valid;
}

bool is_valid_convolution(const Op& op) {
  if (const auto* conv = std::get_if<ops::Conv2D>(&op)) return conv->padding == ops::Padding::valid;
  const auto* depthwise = std::get_if<ops::DepthwiseConv2D>(&op);
  return depthwise != nullptr && depthwise->padding == ops::Padding::valid;
}

}  // namespace

void fuse_padding(Draft& draft) {
  for (DraftStep& step : draft.steps) {
    const bool pools = is_valid_maximum(step.op);
    if ((!pools && !is_valid_convolution(step.op)) || step.explicit_padding) continue;
    const int producer = draft.producer(step.inputs[0].value);
    if (producer < 0) continue;
    const DraftStep& before = draft.steps[static_cast<size_t>(producer)];
    const auto* pad = std::get_if<ops::Pad>(&before.op);
    if (pad == nullptr || step.inputs[0].shape != before.shape) continue;
    if (!is_border(*pad) || (pools ? pad->value != kNothing : float_bits(pad->value) != 0)) continue;
    step.explicit_padding = {{pad->paddings[0], pad->paddings[1]}};
    step.label = "Pad+" + step.label;
    step.inputs[0] = before.inputs[0];
  }
  drop_unused(draft);
}

}  // namespace tf_injector::detail::plan
