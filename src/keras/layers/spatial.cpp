// Layers that move pixels: Cropping2D, Permute, RepeatVector, UpSampling2D.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values cropping2d(CallContext& call) {
  expect_channels_last(call.config);
  const NodeId input = call.input();
  const Shape& in = image_of(call, input);
  const Json* cropping = call.config.find("cropping");
  if (cropping == nullptr) call.config.fail("cropping", "[[top, bottom], [left, right]]");
  detail::ops::Slice op;
  for (size_t axis = 0; axis < 2; ++axis) {
    const Json& own = cropping->is_array() && cropping->size() == 2 ? (*cropping)[axis] : *cropping;
    const auto [before, after] = call.config.as_pair(own, "cropping", "[[top, bottom], [left, right]]");
    const int64_t left = in[static_cast<int>(axis)] - before - after;
    if (before < 0 || after < 0 || left < 1)
      call.config.fail("cropping", "less than the image " + in.to_string());
    op.axes.push_back({.begin = before, .step = 1, .count = left});
  }
  op.axes.push_back({.begin = 0, .step = 1, .count = in[2]});
  return {call.add(op, {input})};
}

Values permute(CallContext& call) {
  const NodeId input = call.input();
  const Json* dims = call.config.find("dims");
  if (dims == nullptr || !dims->is_array()) call.config.fail("dims", "a list of axes");
  detail::ops::Transpose op;
  for (const Json& axis : *dims) {
    if (!axis.is_integer_within(1, call.shape(input).rank()))
      call.config.fail("dims", "axes of the input that are not the batch");
    op.perm.push_back(axis.get<int>() - 1);
  }
  return {call.add(op, {input})};
}

Values repeat_vector(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  if (in.rank() != 1) call.fail("expected a vector, found " + in.to_string());
  const NodeId row = call.add(detail::ops::Reshape{Shape{1, in[0]}}, {input});
  return {call.add(detail::ops::Repeat{{call.config.integer("n"), 1}}, {row})};
}

Values up_sampling2d(CallContext& call) {
  expect_channels_last(call.config);
  const NodeId input = call.input();
  const Shape& in = image_of(call, input);
  const std::array<int64_t, 2> size = call.config.pair("size", {2, 2});
  const auto method = resize_method(call.config, "nearest");
  if (method == detail::ops::ResizeMethod::nearest)
    return {call.add(detail::ops::Repeat{{size[0], size[1], 1}}, {input})};
  std::array<int64_t, 2> sizes = {};
  for (int axis : {0, 1}) {
    const auto a = static_cast<size_t>(axis);
    if (size[a] < 1 || __builtin_mul_overflow(in[axis], size[a], &sizes[a]))
      call.config.fail("size", "two factors from 1 on");
  }
  return {add_resize(call, input, {.method = method, .size = sizes})};
}

}  // namespace tf_injector::detail::keras::layers
