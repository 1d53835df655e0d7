#include "keras/layers/options.hpp"

#include <optional>

namespace tf_injector::keras::layers {
namespace {

using tf_injector::ops::Activation;
using tf_injector::ops::ActivationKind;

struct NamedActivation {
  const char* name;
  std::optional<ActivationKind> kind;  // nothing: linear
};
// docs/layers.md lists them.
const NamedActivation kActivations[] = {
    {"linear", std::nullopt}, {"relu", ActivationKind::relu}, {"relu6", ActivationKind::relu6}};

const Json* member(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? nullptr : &*found;
}

}  // namespace

tf_injector::ops::Padding padding_option(Config& config) {
  const std::string padding = config.text("padding", "valid");
  if (padding == "valid") return tf_injector::ops::Padding::valid;
  if (padding == "same") return tf_injector::ops::Padding::same;
  config.fail("padding", "\"valid\" or \"same\"");
}

void expect_channels_last(Config& config) { config.expect("data_format", "channels_last"); }

NodeId add_concat(CallContext& call, std::vector<NodeId> inputs, int64_t axis) {
  const int64_t rank = call.shape(inputs.at(0)).rank() + 1;
  const int64_t counted = axis < 0 ? axis + rank : axis;
  if (counted < 0 || counted >= rank) {
    call.fail("axis " + std::to_string(axis) + " of a tensor with " + std::to_string(rank) + " axes");
  }
  if (counted == 0) call.fail("cannot join along the batch axis");
  return call.add(tf_injector::ops::Concat{static_cast<int>(counted - 1)}, std::move(inputs));
}

NodeId add_relu(CallContext& call, NodeId node, Config& config) {
  const double highest = config.number("max_value", -1.0);
  config.expect("negative_slope", 0.0);
  config.expect("threshold", 0.0);
  if (config.find("max_value") == nullptr) return call.add(Activation{ActivationKind::relu}, {node});
  if (highest != 6.0) config.fail("max_value", "None or 6");
  return call.add(Activation{ActivationKind::relu6}, {node});
}

NodeId add_activation(CallContext& call, NodeId node, const char* key) {
  const Json* option = call.config.find(key);
  if (option == nullptr) return node;
  const Json* name = option;
  if (option->is_object()) {  // a function {"class_name": "function", "config": "relu"}, or a layer
    const Json* class_name = member(*option, "class_name");
    const Json* config = member(*option, "config");
    if (class_name == nullptr || config == nullptr) call.config.fail(key, "the name of an activation");
    if (*class_name == "ReLU" && config->is_object()) {
      Config relu(*config, "activation ReLU of a layer");
      const NodeId added = add_relu(call, node, relu);
      relu.finish();
      return added;
    }
    name = *class_name == "function" ? config : class_name;
  }
  for (const NamedActivation& known : kActivations) {
    if (*name != known.name) continue;
    return known.kind ? call.add(Activation{*known.kind}, {node}) : node;
  }
  call.config.fail(key, "linear, relu or relu6");
}

}  // namespace tf_injector::keras::layers
