// SeparableConv2D: a depthwise convolution, then a 1x1 convolution over its channels, then the bias.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

std::vector<Variable> separable_conv2d_variables(Config& config) {
  std::vector<Variable> variables{{"depthwise_kernel"}, {"pointwise_kernel"}};
  if (config.boolean("use_bias", true)) variables.push_back({"bias"});
  return variables;
}

Values separable_conv2d(CallContext& call) {
  expect_channels_last(call.config);
  const NodeId input = call.input();
  const detail::ops::DepthwiseConv2D depthwise = depthwise_of(call, input);
  detail::ops::Conv2D pointwise;
  pointwise.filters = call.config.integer("filters");
  pointwise.kernel_size = {1, 1};
  const int64_t between = call.shape(input)[2] * depthwise.multiplier;
  pointwise.kernel = call.weight(1, "pointwise kernel", Shape{1, 1, between, pointwise.filters});
  if (call.config.boolean("use_bias", true))
    pointwise.bias = call.weight(2, "bias", Shape{pointwise.filters});
  const NodeId spatial = call.add(depthwise, {input});
  return {add_activation(call, call.add(pointwise, {spatial}))};
}

}  // namespace tf_injector::detail::keras::layers
