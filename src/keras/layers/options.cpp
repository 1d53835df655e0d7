#include "keras/layers/options.hpp"

#include <numeric>
#include <variant>

namespace tf_injector::detail::keras::layers {
namespace {

using detail::ops::Activation;
using detail::ops::ActivationKind;
using detail::ops::Function;
using detail::ops::FunctionKind;

struct Linear {};
using detail::ops::LogSoftmax;
using detail::ops::Softmax;

struct NamedActivation {
  const char* name;
  std::variant<Linear, Softmax, LogSoftmax, Activation, Function> meaning;
};

Function function(FunctionKind kind, float alpha = 0.0f) { return {.kind = kind, .alpha = alpha}; }

// docs/layers.md lists them. hard_sigmoid is a different function in Keras 3.
const NamedActivation kActivations[] = {{"linear", Linear{}},
                                        {"relu", Activation{ActivationKind::relu}},
                                        {"relu6", Activation{ActivationKind::relu6}},
                                        {"softmax", Softmax{}},
                                        {"elu", function(FunctionKind::elu, 1.0f)},
                                        {"exponential", function(FunctionKind::exponential)},
                                        {"gelu", function(FunctionKind::gelu)},
                                        {"hard_sigmoid", function(FunctionKind::hard_sigmoid)},
                                        {"hard_silu", function(FunctionKind::hard_silu)},
                                        {"hard_swish", function(FunctionKind::hard_silu)},
                                        {"leaky_relu", function(FunctionKind::leaky_relu, 0.2f)},
                                        {"log_softmax", LogSoftmax{}},
                                        {"log_softmax_v2", LogSoftmax{}},
                                        {"mish", function(FunctionKind::mish)},
                                        {"selu", function(FunctionKind::selu)},
                                        {"sigmoid", function(FunctionKind::sigmoid)},
                                        {"silu", function(FunctionKind::silu)},
                                        {"softmax_v2", Softmax{}},
                                        {"softplus", function(FunctionKind::softplus)},
                                        {"softsign", function(FunctionKind::softsign)},
                                        {"swish", function(FunctionKind::silu)},
                                        {"tanh", function(FunctionKind::tanh)}};

// A layer that is used as an activation, by its class.
struct LayerActivation {
  const char* class_name;
  NodeId (*add)(CallContext& call, NodeId node, Config& config);
};
const LayerActivation kLayerActivations[] = {
    {"ELU", add_elu},
    {"LeakyReLU",
     [](CallContext& call, NodeId node, Config& config) { return add_leaky_relu(call, node, config, 0.3); }},
    {"ReLU", add_relu},
    {"Softmax", add_softmax_layer}};

NodeId add_named(CallContext& call, NodeId node, const NamedActivation& known) {
  if (std::holds_alternative<Linear>(known.meaning)) return node;
  if (std::holds_alternative<Softmax>(known.meaning))
    return add_softmax(call, node, call.shape(node).rank() - 1);
  if (std::holds_alternative<LogSoftmax>(known.meaning))
    return add_log_softmax(call, node, call.shape(node).rank() - 1);
  if (const auto* relu = std::get_if<Activation>(&known.meaning)) return call.add(*relu, {node});
  Function op = std::get<Function>(known.meaning);
  if (op.kind == FunctionKind::hard_sigmoid && call.generation() == Generation::keras3)
    op.kind = FunctionKind::hard_sigmoid_6;
  return call.add(op, {node});
}

// The op works along the last axis: another axis is swapped with it before and after.
NodeId over_last_axis(CallContext& call, NodeId node, int axis, const Op& op) {
  const int rank = call.shape(node).rank();
  if (rank < 1) call.fail("expected at least one axis beside the batch");
  if (axis == rank - 1) return call.add(op, {node});
  detail::ops::Transpose swap;
  swap.perm.resize(static_cast<size_t>(rank));
  std::iota(swap.perm.begin(), swap.perm.end(), 0);
  std::swap(swap.perm[static_cast<size_t>(axis)], swap.perm.back());
  return call.add(swap, {call.add(op, {call.add(swap, {node})})});
}

}  // namespace

detail::ops::Padding padding_option(Config& config) {
  const std::string padding = config.lower_text("padding", "valid");
  if (padding == "valid") return detail::ops::Padding::valid;
  if (padding == "same") return detail::ops::Padding::same;
  config.fail("padding", "\"valid\" or \"same\"");
}

const Shape& image_of(const CallContext& call, NodeId input) {
  const Shape& in = call.shape(input);
  if (in.rank() != 3) call.fail("expected an image (height, width, channels), found " + in.to_string());
  return in;
}

detail::ops::DepthwiseConv2D depthwise_of(CallContext& call, NodeId input) {
  detail::ops::DepthwiseConv2D op;
  op.kernel_size = call.config.pair("kernel_size", {1, 1});
  op.strides = call.config.pair("strides", {1, 1});
  op.dilation = call.config.pair("dilation_rate", {1, 1});
  if (call.config.find("depth_multiplier") != nullptr)
    op.multiplier = call.config.integer("depth_multiplier");
  op.padding = padding_option(call.config);
  call.config.ignore({"groups"});  // Keras accepts it and ignores it
  if (op.kernel_size[0] < 1 || op.kernel_size[1] < 1)
    call.config.fail("kernel_size",
                     "two sizes from 1 on");  // an empty kernel has as many channels as it says
  if (op.multiplier < 1) call.config.fail("depth_multiplier", "a number from 1 on");
  const int64_t channels = image_of(call, input)[2];
  op.kernel = call.weight(0, "depthwise kernel",
                          Shape{op.kernel_size[0], op.kernel_size[1], channels, op.multiplier});
  return op;
}

detail::ops::ResizeMethod resize_method(Config& config, const char* otherwise) {
  using detail::ops::ResizeMethod;
  const std::string name = config.lower_text("interpolation", otherwise);
  for (int m = 0; m <= static_cast<int>(ResizeMethod::mitchellcubic); ++m) {
    const auto method = static_cast<ResizeMethod>(m);
    if (name == detail::ops::resize_name(method)) return method;
  }
  config.fail("interpolation",
              "\"nearest\", \"bilinear\", \"bicubic\", \"area\", \"lanczos3\", \"lanczos5\", "
              "\"gaussian\" or \"mitchellcubic\"");
}

NodeId add_resize(CallContext& call, NodeId node, const detail::ops::Resize& op) {
  using detail::ops::ResizeMethod;
  const Shape& in = image_of(call, node);
  const bool same = in[0] == op.size[0] && in[1] == op.size[1];
  const bool copies =
      op.method == ResizeMethod::nearest || (op.method == ResizeMethod::bilinear && !op.antialias);
  return same && copies ? node : call.add(op, {node});
}

void expect_channels_last(Config& config) {
  if (config.lower_text("data_format", "channels_last") != "channels_last")
    config.fail("data_format", "\"channels_last\"");
}

NodeId add_concat(CallContext& call, std::vector<NodeId> inputs, int64_t axis) {
  const int64_t rank = call.shape(inputs.at(0)).rank() + 1;
  const int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) {
    call.fail("axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " axes");
  }
  if (counted == 0) call.fail("cannot join along the batch axis");
  return call.add(detail::ops::Concat{static_cast<int>(counted - 1)}, std::move(inputs));
}

NodeId add_relu(CallContext& call, NodeId node, Config& config) {
  Function op{.kind = FunctionKind::general_relu};
  op.alpha = static_cast<float>(config.number("negative_slope", 0.0));
  op.threshold = static_cast<float>(config.number("threshold", 0.0));
  const bool is_cut = config.find("max_value") != nullptr;
  if (is_cut) op.max_value = static_cast<float>(config.number("max_value", 0.0));
  if (is_cut && !(op.max_value >= 0.0f)) config.fail("max_value", "None or a number from 0 on");
  if (op.threshold == 0.0f && !is_cut) {
    if (op.alpha == 0.0f) return call.add(Activation{ActivationKind::relu}, {node});
    return call.add(function(FunctionKind::leaky_relu, op.alpha), {node});
  }
  if (op.threshold == 0.0f && op.alpha == 0.0f && op.max_value == 6.0f)
    return call.add(Activation{ActivationKind::relu6}, {node});
  return call.add(op, {node});
}

NodeId add_elu(CallContext& call, NodeId node, Config& config) {
  return call.add(function(FunctionKind::elu, static_cast<float>(config.number("alpha", 1.0))), {node});
}

NodeId add_leaky_relu(CallContext& call, NodeId node, Config& config, double otherwise) {
  const double alpha = config.number("alpha", otherwise);  // Keras 2
  return call.add(
      function(FunctionKind::leaky_relu, static_cast<float>(config.number("negative_slope", alpha))), {node});
}

NodeId add_softmax_layer(CallContext& call, NodeId node, Config& config) {
  const int rank = call.shape(node).rank();
  int64_t axis = -1;
  if (config.is_none("axis")) config.fail("axis", "an axis of the input: None is all of them, the batch too");
  if (const Json* option = config.find("axis")) {
    const Json& only = option->is_array() && option->size() == 1 ? (*option)[0] : *option;
    if (!only.is_number_integer()) config.fail("axis", "one axis");
    axis = only.get<int64_t>();
  }
  if (axis < 0) axis += rank + 1;
  if (axis < 1 || axis > rank) config.fail("axis", "an axis of the input that is not the batch");
  return add_softmax(call, node, static_cast<int>(axis - 1));
}

NodeId add_softmax(CallContext& call, NodeId node, int axis) {
  return over_last_axis(call, node, axis, Softmax{});
}

NodeId add_log_softmax(CallContext& call, NodeId node, int axis) {
  return over_last_axis(call, node, axis, LogSoftmax{});
}

NodeId add_activation(CallContext& call, NodeId node, const char* key) {
  const Json* option = call.config.find(key);
  if (option == nullptr) return node;
  const Json* name = option;
  if (option->is_object()) {  // a function {"class_name": "function", "config": "relu"}, or a layer
    const Json* class_name = option->find("class_name");
    const Json* config = option->find("config");
    if (class_name == nullptr || config == nullptr) call.config.fail(key, "the name of an activation");
    for (const LayerActivation& layer : kLayerActivations) {
      if (*class_name != layer.class_name || !config->is_object()) continue;
      Config own(*config, std::string("activation ") + layer.class_name + " of a layer");
      const NodeId added = layer.add(call, node, own);
      own.finish();
      return added;
    }
    name = *class_name == "function" ? config : class_name;
  }
  for (const NamedActivation& known : kActivations) {
    if (*name == known.name) return add_named(call, node, known);
  }
  call.config.fail(key, "an activation of docs/layers.md");
}

}  // namespace tf_injector::detail::keras::layers
