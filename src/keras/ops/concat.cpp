// tf.concat and keras.ops.concatenate, for tensors or for the integers of shapes.
#include "keras/layers/options.hpp"
#include "keras/ops/ops.hpp"

namespace tf_injector::detail::keras::ops {
namespace {

// True if the list holds no tensor: only constants, or integers that an op has computed.
bool is_shapes(const CallContext& call, const std::vector<Argument>& items) {
  for (const Argument& item : items) {
    const bool tensor =
        std::holds_alternative<TensorRef>(item.value) && std::holds_alternative<NodeId>(call.value(item));
    if (tensor) return false;
  }
  return true;
}

}  // namespace

Values concat(CallContext& call) {
  const Argument* axis = call.argument(1, {"axis"});
  const int64_t along = axis == nullptr ? 0 : call.integer(*axis, "axis");
  const Argument* values = call.argument(0, {"values", "xs"});
  const auto* items = values == nullptr ? nullptr : std::get_if<std::vector<Argument>>(&values->value);
  if (items == nullptr || !is_shapes(call, *items)) return {layers::add_concat(call, call.inputs(), along)};
  Integers joined;
  for (const Argument& item : *items) {
    const Integers part = call.integers(item, "values");
    if (part.is_scalar) call.fail("expected lists of integers to join");
    if (joined.values.size() + part.values.size() > kMaxIntegers)
      call.fail("joins more than " + std::to_string(kMaxIntegers) + " integers");
    joined.values.insert(joined.values.end(), part.values.begin(), part.values.end());
  }
  if (along != 0 && along != -1) call.fail("axis " + std::to_string(along) + " of a list of integers");
  return {joined};
}

}  // namespace tf_injector::detail::keras::ops
