#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

// 1, [1, 2] (height, width), or [[top, bottom], [left, right]] as Keras writes it.
std::array<int64_t, 2> side(const CallContext& call, const Json& padding, size_t axis) {
  const Json& own = padding.is_array() && padding.size() == 2 ? padding[axis] : padding;
  return call.config.as_pair(own, "padding", "[[top, bottom], [left, right]]");
}

}  // namespace

Values zero_padding2d(CallContext& call) {
  expect_channels_last(call.config);
  const Json* padding = call.config.find("padding");
  if (padding == nullptr) call.config.fail("padding", "[[top, bottom], [left, right]]");
  detail::ops::Pad op;
  op.paddings = {side(call, *padding, 0), side(call, *padding, 1), {0, 0}};
  const NodeId input = call.input();
  if (call.shape(input).rank() != 3) call.fail("expected an image, found " + call.shape(input).to_string());
  return {call.add(op, {input})};
}

}  // namespace tf_injector::detail::keras::layers
