// Layers that put several tensors together, element by element: Add, Average, Maximum, Minimum, Multiply,
// Subtract. Axes of length 1 are stretched.
#include <algorithm>

#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

using detail::ops::BinaryKind;

std::vector<NodeId> two_or_more(CallContext& call) {
  std::vector<NodeId> inputs = call.inputs();
  if (inputs.size() < 2) call.fail("expected two inputs or more, found " + std::to_string(inputs.size()));
  return inputs;
}

// ((a . b) . c) ...
NodeId chain(CallContext& call, BinaryKind kind, const std::vector<NodeId>& inputs) {
  NodeId result = inputs[0];
  for (size_t i = 1; i < inputs.size(); ++i) result = call.add_binary(kind, result, inputs[i]);
  return result;
}

NodeId sum(CallContext& call, std::vector<NodeId> inputs) {
  const bool one_shape = std::all_of(
      inputs.begin(), inputs.end(), [&](NodeId input) { return call.shape(input) == call.shape(inputs[0]); });
  if (!one_shape) return chain(call, BinaryKind::add, inputs);
  return call.add(detail::ops::Add{}, std::move(inputs));
}

}  // namespace

Values add(CallContext& call) { return {sum(call, two_or_more(call))}; }

Values average(CallContext& call) {
  const std::vector<NodeId> inputs = two_or_more(call);
  Constant count{Shape(), {static_cast<float>(inputs.size())}};
  return {call.add_binary(BinaryKind::divide, sum(call, inputs), std::move(count))};
}

Values maximum(CallContext& call) { return {chain(call, BinaryKind::maximum, two_or_more(call))}; }

Values minimum(CallContext& call) { return {chain(call, BinaryKind::minimum, two_or_more(call))}; }

Values multiply(CallContext& call) { return {chain(call, BinaryKind::multiply, two_or_more(call))}; }

Values subtract(CallContext& call) {
  const std::vector<NodeId> inputs = call.inputs();
  if (inputs.size() != 2) call.fail("expected two inputs, found " + std::to_string(inputs.size()));
  return {call.add_binary(BinaryKind::subtract, inputs[0], inputs[1])};
}

}  // namespace tf_injector::detail::keras::layers
