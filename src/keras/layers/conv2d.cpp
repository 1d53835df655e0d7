#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

std::vector<Variable> conv2d_variables(Config& config) {
  std::vector<Variable> variables{{"kernel"}};
  if (config.boolean("use_bias", true)) variables.push_back({"bias"});
  return variables;
}

Values conv2d(CallContext& call) {
  expect_channels_last(call.config);
  detail::ops::Conv2D op;
  op.filters = call.config.integer("filters");
  op.kernel_size = call.config.pair("kernel_size", {1, 1});
  op.strides = call.config.pair("strides", {1, 1});
  op.dilation = call.config.pair("dilation_rate", {1, 1});
  if (call.config.find("groups") != nullptr) op.groups = call.config.integer("groups");
  op.padding = padding_option(call.config);

  const NodeId input = call.input();
  const Shape& in = image_of(call, input);
  if (op.groups < 1 || in[2] % op.groups != 0) {
    call.config.fail("groups", "a divisor of the " + std::to_string(in[2]) + " input channels");
  }
  op.kernel =
      call.weight(0, "kernel", Shape{op.kernel_size[0], op.kernel_size[1], in[2] / op.groups, op.filters});
  if (call.config.boolean("use_bias", true)) op.bias = call.weight(1, "bias", Shape{op.filters});
  return {add_activation(call, call.add(op, {input}))};
}

}  // namespace tf_injector::detail::keras::layers
