// Ops that keep the shape: activations, and those that change nothing.
#include "keras/layers/options.hpp"
#include "keras/ops/ops.hpp"

namespace tf_injector::keras::ops {

using tf_injector::ops::Activation;
using tf_injector::ops::ActivationKind;

Values identity(CallContext& call) { return {call.input_value()}; }

Values relu(CallContext& call) { return {call.add(Activation{ActivationKind::relu}, {call.input()})}; }

Values relu6(CallContext& call) { return {call.add(Activation{ActivationKind::relu6}, {call.input()})}; }

Values relu_with_options(CallContext& call) { return {layers::add_relu(call, call.input(), call.config)}; }

// Tensors are float32 everywhere: a cast to float32 changes nothing. Integers of shapes stay integers.
Values cast(CallContext& call) {
  const Value& value = call.input_value();
  const Argument* dtype = call.argument(1, {"dtype"});
  const Json* name = dtype == nullptr ? nullptr : dtype->constant();
  if (name != nullptr && name->is_object() && name->contains("config")) name = &(*name)["config"];
  if (name != nullptr && name->is_object() && name->contains("name")) name = &(*name)["name"];
  if (std::holds_alternative<Integers>(value)) {
    if (name == nullptr || (*name != "int32" && *name != "int64"))
      call.fail("a shape can be cast to int32 or int64 only");
  } else if (name != nullptr && *name != "float32") {
    call.fail("cast to " + brief(*name) + " is not supported, only to float32 (docs/layers.md)");
  }
  return {value};
}

}  // namespace tf_injector::keras::ops
