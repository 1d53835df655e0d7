#include "keras/op_table.hpp"

#include "keras/op_layer.hpp"
#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras {
namespace {

// Sorted by name. docs/layers.md has the same rows, which a test checks.
const OpType kTfOps[] = {
    {"__operators__.add", ops::add},
    {"__operators__.getitem", ops::getitem},
    {"cast", ops::cast},
    {"clip_by_value", ops::clip},
    {"compat.v1.floor_div", ops::floor_divide},
    {"compat.v1.pad", ops::pad},
    {"compat.v1.shape", ops::shape},
    {"compat.v1.squeeze", ops::squeeze},
    {"compat.v1.transpose", ops::transpose},
    {"concat", ops::concat},
    {"expand_dims", ops::expand_dims},
    {"identity", ops::identity},
    {"math.add", ops::add},
    {"math.divide", ops::divide},
    {"math.exp", ops::exponential},
    {"math.floordiv", ops::floor_divide},
    {"math.maximum", ops::maximum},
    {"math.minimum", ops::minimum},
    {"math.multiply", ops::multiply},
    {"math.negative", ops::negative},
    {"math.reduce_max", ops::largest},
    {"math.reduce_mean", ops::mean},
    {"math.sigmoid", ops::sigmoid},
    {"math.softplus", ops::softplus},
    {"math.square", ops::square},
    {"math.subtract", ops::subtract},
    {"math.tanh", ops::tanh},
    {"math.truediv", ops::divide},
    {"nn.avg_pool2d", ops::average_pool},
    {"nn.bias_add", ops::bias_add},
    {"nn.elu", ops::elu},
    {"nn.gelu", ops::gelu},
    {"nn.leaky_relu", ops::leaky_relu},
    {"nn.log_softmax", ops::log_softmax},
    {"nn.max_pool2d", ops::max_pool},
    {"nn.relu", ops::relu},
    {"nn.relu6", ops::relu6},
    {"nn.selu", ops::selu},
    {"nn.silu", ops::silu},
    {"nn.softmax", ops::softmax},
    {"nn.softsign", ops::softsign},
    {"pad", ops::pad},
    {"reshape", ops::reshape},
    {"shape", ops::shape},
    {"split", ops::split},
    {"squeeze", ops::squeeze},
    {"stack", ops::stack},
    {"stop_gradient", ops::identity},
    {"transpose", ops::transpose},
    {"unstack", ops::unstack},
};

const OpType kKeras3Ops[] = {
    {"Add", ops::add},
    {"AveragePool", ops::average_pool},
    {"Cast", ops::cast},
    {"Clip", ops::clip},
    {"Concatenate", ops::concat},
    {"Divide", ops::divide},
    {"Elu", ops::elu},
    {"Exp", ops::exponential},
    {"ExpandDims", ops::expand_dims},
    {"Gelu", ops::gelu},
    {"GetItem", ops::getitem},
    {"HardSigmoid", ops::hard_sigmoid},
    {"HardSilu", ops::hard_silu},
    {"LeakyRelu", ops::leaky_relu},
    {"LogSoftmax", ops::log_softmax},
    {"Max", ops::largest},
    {"MaxPool", ops::max_pool},
    {"Maximum", ops::maximum},
    {"Mean", ops::mean},
    {"Minimum", ops::minimum},
    {"Multiply", ops::multiply},
    {"Negative", ops::negative},
    {"Pad", ops::pad},
    {"ReLU", ops::relu_with_options},
    {"Relu", ops::relu},
    {"Relu6", ops::relu6},
    {"Reshape", ops::reshape},
    {"Selu", ops::selu},
    {"Sigmoid", ops::sigmoid},
    {"Silu", ops::silu},
    {"Softmax", ops::softmax},
    {"Softplus", ops::softplus},
    {"Softsign", ops::softsign},
    {"Split", ops::split},
    {"Square", ops::square},
    {"Squeeze", ops::squeeze},
    {"Stack", ops::stack},
    {"StopGradient", ops::identity},
    {"Subtract", ops::subtract},
    {"Tanh", ops::tanh},
    {"Transpose", ops::transpose},
    {"TrueDivide", ops::divide},
    {"Unstack", ops::unstack},
};

bool is_tf_op(const LayerSpec& layer) {
  return layer.class_name == "TFOpLambda" || layer.class_name == "SlicingOpLambda" || is_op_layer(layer);
}

std::string function_of(const LayerSpec& layer) {
  if (is_op_layer(layer)) return function_of_op_layer(layer);
  const Json* function = layer.config->find("function");
  return function != nullptr && function->is_string() ? function->get<std::string>() : std::string();
}

const OpType* find_in(std::span<const OpType> table, const std::string& name) {
  for (const OpType& op : table) {
    if (name == op.name) return &op;
  }
  return nullptr;
}

}  // namespace

std::span<const OpType> tf_ops() { return kTfOps; }
std::span<const OpType> keras3_ops() { return kKeras3Ops; }

bool is_op(const LayerSpec& layer, Generation generation) {
  if (is_tf_op(layer)) return true;
  if (generation != Generation::keras3 || layer.is_input() || layer.model != nullptr) return false;
  if (!layer.module.empty()) {
    return layer.module.starts_with("keras.src.ops") || layer.module.starts_with("keras.src.activations");
  }
  // Legacy .h5 files do not name the module. Every layer has the option `trainable`, no op has it.
  return find_in(kKeras3Ops, layer.class_name) != nullptr && !layer.config->contains("trainable");
}

std::string op_description(const LayerSpec& layer) {
  if (is_op_layer(layer)) return layer.class_name + "(" + op_of_op_layer(layer) + ")";
  return is_tf_op(layer) ? layer.class_name + "(" + function_of(layer) + ")" : layer.class_name;
}

const OpType* find_op(const LayerSpec& layer) {
  if (is_tf_op(layer)) return find_in(kTfOps, function_of(layer));
  return find_in(kKeras3Ops, layer.class_name);
}

}  // namespace tf_injector::detail::keras
