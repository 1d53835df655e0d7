// Options that several layers share, and the nodes that they add.
#pragma once

#include "graph/ops/conv2d.hpp"
#include "graph/ops/depthwise_conv2d.hpp"
#include "graph/ops/resize.hpp"
#include "keras/call_context.hpp"

namespace tf_injector::detail::keras::layers {

// padding="valid" or "same".
[[nodiscard]] detail::ops::Padding padding_option(Config& config);

// Refuses any data_format but channels_last. Keras itself refuses channels_first convolutions on a CPU.
void expect_channels_last(Config& config);

// The shape of a node, which must be an image (height, width, channels).
const Shape& image_of(const CallContext& call, NodeId input);

// The depthwise convolution given by a layer's options and its first weight, without bias.
[[nodiscard]] detail::ops::DepthwiseConv2D depthwise_of(CallContext& call, NodeId input);

// Adds the activation that a layer has as an option (a name, a function or a ReLU layer). Returns its node;
// for linear `node` itself.
[[nodiscard]] NodeId add_activation(CallContext& call, NodeId node, const char* key = "activation");

// Adds the concatenation of the inputs along `axis`, where the batch is axis 0. Throws ModelError for the
// batch.
[[nodiscard]] NodeId add_concat(CallContext& call, std::vector<NodeId> inputs, int64_t axis);

// Adds ReLU(max_value, negative_slope, threshold) with the options in `config`.
[[nodiscard]] NodeId add_relu(CallContext& call, NodeId node, Config& config);
// Add ELU(alpha), LeakyReLU(alpha or negative_slope, by default `otherwise`), Softmax(axis).
[[nodiscard]] NodeId add_elu(CallContext& call, NodeId node, Config& config);
[[nodiscard]] NodeId add_leaky_relu(CallContext& call, NodeId node, Config& config, double otherwise);
[[nodiscard]] NodeId add_softmax_layer(CallContext& call, NodeId node, Config& config);

// Add softmax and log softmax over an axis of the tensor, where the batch is not counted.
[[nodiscard]] NodeId add_softmax(CallContext& call, NodeId node, int axis);
[[nodiscard]] NodeId add_log_softmax(CallContext& call, NodeId node, int axis);

// interpolation="bilinear".
[[nodiscard]] detail::ops::ResizeMethod resize_method(Config& config, const char* otherwise);

// Adds the resizing of an image; returns `node` itself if there is nothing to compute.
[[nodiscard]] NodeId add_resize(CallContext& call, NodeId node, const detail::ops::Resize& op);

}  // namespace tf_injector::detail::keras::layers
