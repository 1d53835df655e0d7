// Layers that are one function: Activation by name, the others with their options.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

using detail::ops::Activation;
using detail::ops::ActivationKind;
using detail::ops::BinaryKind;

}  // namespace

Values activation(CallContext& call) { return {add_activation(call, call.input())}; }

Values elu(CallContext& call) { return {add_elu(call, call.input(), call.config)}; }

Values leaky_relu(CallContext& call) { return {add_leaky_relu(call, call.input(), call.config, 0.3)}; }

Values relu(CallContext& call) { return {add_relu(call, call.input(), call.config)}; }

Values softmax(CallContext& call) { return {add_softmax_layer(call, call.input(), call.config)}; }

std::vector<Variable> prelu_variables(Config&) { return {{"alpha"}}; }

// relu(x) + (-alpha) * relu(-x)
Values prelu(CallContext& call) {
  const NodeId input = call.input();
  std::vector<int64_t> dims = call.shape(input).dims();
  const auto rank = static_cast<int64_t>(dims.size());
  if (const Json* shared = call.config.find("shared_axes")) {
    if (!shared->is_array()) call.config.fail("shared_axes", "a list of axes");
    for (const Json& axis : *shared) {
      const int64_t a = axis.is_number_integer() ? axis.get<int64_t>() : 0;
      if (a < 1 || a > rank) call.config.fail("shared_axes", "axes of the input that are not the batch");
      dims[static_cast<size_t>(a - 1)] = 1;
    }
  }
  const Shape shape{dims};
  Constant negated{shape, call.values(call.weight(0, "alpha", shape))};
  for (float& alpha : negated.values) alpha = -alpha;
  const NodeId minus_x = call.add_binary(BinaryKind::multiply, input, Constant{Shape(), {-1.0f}});
  const NodeId below = call.add(Activation{ActivationKind::relu}, {minus_x});
  const NodeId negative = call.add_binary(BinaryKind::multiply, below, std::move(negated));
  const NodeId positive = call.add(Activation{ActivationKind::relu}, {input});
  return {call.add(detail::ops::Add{}, {positive, negative})};
}

}  // namespace tf_injector::detail::keras::layers
