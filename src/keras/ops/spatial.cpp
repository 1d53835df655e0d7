// Ops that move or reduce axes: pad, transpose, mean.
#include <algorithm>

#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

std::array<int64_t, 2> pad_pair(const CallContext& call, const Json& pair) {
  constexpr int64_t kLargest = int64_t{1} << 31;
  const auto is_size = [](const Json& n) { return n.is_integer_within(0, kLargest); };
  if (!pair.is_array() || pair.size() != 2 || !is_size(pair[0]) || !is_size(pair[1])) {
    call.fail("expected paddings [[before, after], ...], found " + brief(pair));
  }
  return {pair[0].get<int64_t>(), pair[1].get<int64_t>()};
}

// mode="CONSTANT" in TensorFlow, "constant" in Keras 3.
void expect_constant_mode(CallContext& call) {
  const Argument* mode = call.argument(2, {"mode"});
  if (mode == nullptr) return;
  const std::string name = call.text(*mode, "mode");
  if (name != "CONSTANT" && name != "constant") call.fail("mode: expected constant, found '" + name + "'");
}

float constant_value(CallContext& call) {
  const Argument* value = call.argument(call.generation() == Generation::keras2 ? 4 : 1, {"constant_values"});
  if (value == nullptr) return 0.0f;
  if (value->constant() == nullptr || !value->constant()->is_number())
    call.fail("constant_values is not a number");
  return static_cast<float>(value->constant()->get<double>());
}

}  // namespace

Values pad(CallContext& call) {
  const NodeId input = call.input();
  detail::ops::Pad op;
  op.value = constant_value(call);
  expect_constant_mode(call);
  const Argument* paddings = call.argument(1, {"paddings", "pad_width"});
  const Json* pairs = paddings == nullptr ? nullptr : paddings->constant();
  if (pairs == nullptr || !pairs->is_array() ||
      static_cast<int>(pairs->size()) != call.shape(input).rank() + 1) {
    call.fail("expected constant paddings [before, after] for " +
              std::to_string(call.shape(input).rank() + 1) + " axes");
  }
  if (pad_pair(call, (*pairs)[0]) != std::array<int64_t, 2>{0, 0}) call.fail("cannot pad the batch axis");
  for (size_t i = 1; i < pairs->size(); ++i) op.paddings.push_back(pad_pair(call, (*pairs)[i]));
  return {call.add(op, {input})};
}

Values transpose(CallContext& call) {
  const NodeId input = call.input();
  const int64_t rank = call.shape(input).rank() + 1;
  call.ignore_argument(2, {"conjugate"});
  const Argument* perm = call.argument(1, {"perm", "axes"});
  if (perm == nullptr) call.fail("without perm would move the batch axis");
  const std::vector<int64_t> axes = call.axes(*perm, rank);
  if (static_cast<int64_t>(axes.size()) != rank) {
    call.fail("expected a permutation of " + std::to_string(rank) + " axes, found " +
              std::to_string(axes.size()));
  }
  if (axes[0] != 0) call.fail("a permutation that moves the batch axis is not supported (docs/layers.md)");
  detail::ops::Transpose op;
  for (size_t i = 1; i < axes.size(); ++i) op.perm.push_back(static_cast<int>(axes[i] - 1));
  return {call.add(op, {input})};
}

namespace {

// True if the reduced axes are kept with length 1. Only height and width of an image can be reduced, because
// only for them the order of the sum is known.
bool reduces_image(CallContext& call, NodeId input, const char* what) {
  const Argument* axis = call.argument(1, {"axis"});
  std::vector<int64_t> axes;
  if (axis != nullptr) axes = call.axes(*axis, call.shape(input).rank() + 1);
  std::sort(axes.begin(), axes.end());
  if (call.shape(input).rank() != 3 || axes != std::vector<int64_t>{1, 2}) {
    call.fail("only " + std::string(what) + " over the axes 1 and 2 of images is supported (docs/layers.md)");
  }
  const Argument* keep = call.argument(2, {"keepdims"});
  return keep != nullptr && call.boolean(*keep, "keepdims");
}

}  // namespace

Values mean(CallContext& call) {
  const NodeId input = call.input();
  return {call.add(detail::ops::GlobalAveragePool{reduces_image(call, input, "a mean")}, {input})};
}

Values largest(CallContext& call) {
  const NodeId input = call.input();
  return {call.add(detail::ops::GlobalMaxPool{reduces_image(call, input, "a maximum")}, {input})};
}

}  // namespace tf_injector::detail::keras::ops
