// Ops that keep the shape: activations, casts, and ops that do nothing.
#include "keras/layers/options.hpp"
#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {

using detail::ops::Activation;
using detail::ops::ActivationKind;
using detail::ops::Function;
using detail::ops::FunctionKind;

namespace {

Values function(CallContext& call, FunctionKind kind, float alpha = 0.0f) {
  return {call.add(Function{.kind = kind, .alpha = alpha}, {call.input()})};
}

// A number that may be an argument of the call or an option.
double number(CallContext& call, size_t position, std::initializer_list<const char*> names,
              double otherwise) {
  const Argument* given = call.argument(position, names);
  if (given == nullptr) return otherwise;
  if (given->constant() == nullptr || !given->constant()->is_number())
    call.fail(std::string(*names.begin()) + ": expected a number");
  return given->constant()->get<double>();
}

// The axis of a softmax, the batch not counted; by default the last. None also means the last one in tf.nn,
// but in Keras 3 the whole tensor with all images.
int axis_of(CallContext& call, NodeId input) {
  const int rank = call.shape(input).rank();
  if (call.generation() == Generation::keras3 && call.is_given_as_none(1, {"axis"}))
    call.fail("axis: expected an axis of the input; None is all of them, the batch too");
  const Argument* axis = call.argument(1, {"axis"});
  if (axis == nullptr) return rank - 1;
  const std::vector<int64_t> axes = call.axes(*axis, rank + 1);
  if (axes.size() != 1 || axes[0] == 0) call.fail("axis: expected one axis that is not the batch");
  return static_cast<int>(axes[0] - 1);
}

}  // namespace

Values identity(CallContext& call) { return {call.input_value()}; }

Values relu(CallContext& call) { return {call.add(Activation{ActivationKind::relu}, {call.input()})}; }

Values relu6(CallContext& call) { return {call.add(Activation{ActivationKind::relu6}, {call.input()})}; }

Values relu_with_options(CallContext& call) { return {layers::add_relu(call, call.input(), call.config)}; }

Values elu(CallContext& call) {
  const double alpha = number(call, 1, {"alpha"}, 1.0);
  return function(call, FunctionKind::elu, static_cast<float>(alpha));
}

Values exponential(CallContext& call) { return function(call, FunctionKind::exponential); }

Values gelu(CallContext& call) {
  const Argument* approximate = call.argument(1, {"approximate"});
  bool is_approximate = call.generation() == Generation::keras3;  // the defaults
  if (approximate != nullptr) is_approximate = call.boolean(*approximate, "approximate");
  return function(call, is_approximate ? FunctionKind::gelu_tanh : FunctionKind::gelu);
}

Values hard_sigmoid(CallContext& call) { return function(call, FunctionKind::hard_sigmoid_6); }

Values hard_silu(CallContext& call) { return function(call, FunctionKind::hard_silu); }

Values leaky_relu(CallContext& call) {
  const double alpha = number(call, 1, {"alpha", "negative_slope"}, 0.2);
  return function(call, FunctionKind::leaky_relu, static_cast<float>(alpha));
}

Values selu(CallContext& call) { return function(call, FunctionKind::selu); }

Values sigmoid(CallContext& call) { return function(call, FunctionKind::sigmoid); }

Values silu(CallContext& call) {
  if (number(call, 1, {"beta"}, 1.0) != 1.0) call.fail("beta: expected 1 (docs/layers.md)");
  return function(call, FunctionKind::silu);
}

Values softmax(CallContext& call) {
  const NodeId input = call.input();
  return {layers::add_softmax(call, input, axis_of(call, input))};
}

Values log_softmax(CallContext& call) {
  const NodeId input = call.input();
  return {layers::add_log_softmax(call, input, axis_of(call, input))};
}

Values softplus(CallContext& call) { return function(call, FunctionKind::softplus); }

Values softsign(CallContext& call) { return function(call, FunctionKind::softsign); }

Values tanh(CallContext& call) { return function(call, FunctionKind::tanh); }

// Casts tensors to types that hold every value; nearly always it is float32 to float32. Integers of shapes
// stay integers.
Values cast(CallContext& call) {
  const Value& value = call.input_value();
  const Argument* dtype = call.argument(1, {"dtype"});
  const Json* name = dtype == nullptr ? nullptr : dtype->constant();
  if (name != nullptr && name->is_object() && name->contains("config")) name = &(*name)["config"];
  if (name != nullptr && name->is_object() && name->contains("name")) name = &(*name)["name"];
  if (std::holds_alternative<Integers>(value)) {
    if (name == nullptr || (*name != "int32" && *name != "int64"))
      call.fail("a shape can be cast to int32 or int64 only");
    return {value};
  }
  const NodeId input = call.input();
  if (name == nullptr) return {call.as_type(input, NumberType::float32)};
  const auto wanted = name->is_string() ? find_number_type(name->get<std::string>()) : std::nullopt;
  if (!wanted || !holds_all_of(*wanted, call.type(input))) {
    call.fail("cast of " + std::string(number_type_name(call.type(input))) + " to " + brief(*name) +
              " is not supported, only to types that hold every value (docs/layers.md)");
  }
  return {call.as_type(input, *wanted)};
}

}  // namespace tf_injector::detail::keras::ops
