#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::keras::layers {

std::vector<Variable> depthwise_conv2d_variables(Config& config) {
  std::vector<Variable> variables{{"depthwise_kernel"}};
  if (config.boolean("use_bias", true)) variables.push_back({"bias"});
  return variables;
}

Values depthwise_conv2d(CallContext& call) {
  expect_channels_last(call.config);
  tf_injector::ops::DepthwiseConv2D op;
  op.kernel_size = call.config.pair("kernel_size", {1, 1});
  op.strides = call.config.pair("strides", {1, 1});
  op.dilation = call.config.pair("dilation_rate", {1, 1});
  if (call.config.find("depth_multiplier") != nullptr)
    op.multiplier = call.config.integer("depth_multiplier");
  op.padding = padding_option(call.config);
  call.config.ignore({"filters"});  // inherited, and None
  call.config.expect("groups", 1);

  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  if (in.rank() != 3) call.fail("expected an image (height, width, channels), found " + in.to_string());
  op.kernel =
      call.weight(0, "depthwise kernel", Shape{op.kernel_size[0], op.kernel_size[1], in[2], op.multiplier});
  if (call.config.boolean("use_bias", true)) op.bias = call.weight(1, "bias", Shape{in[2] * op.multiplier});
  return {add_activation(call, call.add(op, {input}))};
}

}  // namespace tf_injector::keras::layers
