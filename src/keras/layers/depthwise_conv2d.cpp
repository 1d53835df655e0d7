#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

std::vector<Variable> depthwise_conv2d_variables(Config& config) {
  std::vector<Variable> variables{{"depthwise_kernel"}};
  if (config.boolean("use_bias", true)) variables.push_back({"bias"});
  return variables;
}

Values depthwise_conv2d(CallContext& call) {
  expect_channels_last(call.config);
  call.config.ignore({"filters"});  // inherited, and None
  const NodeId input = call.input();
  detail::ops::DepthwiseConv2D op = depthwise_of(call, input);
  if (call.config.boolean("use_bias", true))
    op.bias = call.weight(1, "bias", Shape{call.shape(input)[2] * op.multiplier});
  return {add_activation(call, call.add(op, {input}))};
}

}  // namespace tf_injector::detail::keras::layers
