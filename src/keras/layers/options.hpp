// Options that several layers have.
#pragma once

#include "graph/ops/conv2d.hpp"
#include "graph/ops/depthwise_conv2d.hpp"
#include "graph/ops/resize.hpp"
#include "keras/call_context.hpp"

namespace tf_injector::keras::layers {

// padding="valid" or "same".
[[nodiscard]] tf_injector::ops::Padding padding_option(Config& config);

// data_format: only channels_last. Keras itself refuses channels_first convolutions on a CPU.
void expect_channels_last(Config& config);

// The shape of a node; it must be an image (height, width, channels).
const Shape& image_of(const CallContext& call, NodeId input);

// The depthwise convolution of a layer's options and its first weight; no bias.
[[nodiscard]] tf_injector::ops::DepthwiseConv2D depthwise_of(CallContext& call, NodeId input);

// The node of the activation that a layer takes as an option (a name, a function or a ReLU layer); `node`
// itself for linear.
[[nodiscard]] NodeId add_activation(CallContext& call, NodeId node, const char* key = "activation");

// The node that joins the inputs along `axis`, in which the batch counts as 0; not along the batch.
[[nodiscard]] NodeId add_concat(CallContext& call, std::vector<NodeId> inputs, int64_t axis);

// The node of ReLU(max_value, negative_slope, threshold), read from `config`.
[[nodiscard]] NodeId add_relu(CallContext& call, NodeId node, Config& config);
// Of ELU(alpha), LeakyReLU(alpha or negative_slope, by default `otherwise`), Softmax(axis).
[[nodiscard]] NodeId add_elu(CallContext& call, NodeId node, Config& config);
[[nodiscard]] NodeId add_leaky_relu(CallContext& call, NodeId node, Config& config, double otherwise);
[[nodiscard]] NodeId add_softmax_layer(CallContext& call, NodeId node, Config& config);

// Softmax over an axis of the tensor, the batch not counted.
[[nodiscard]] NodeId add_softmax(CallContext& call, NodeId node, int axis);
[[nodiscard]] NodeId add_log_softmax(CallContext& call, NodeId node, int axis);

// interpolation="bilinear".
[[nodiscard]] tf_injector::ops::ResizeMethod resize_method(Config& config, const char* otherwise);

// The node of an image of another size; `node` itself where nothing is computed.
[[nodiscard]] NodeId add_resize(CallContext& call, NodeId node, const tf_injector::ops::Resize& op);

}  // namespace tf_injector::keras::layers
