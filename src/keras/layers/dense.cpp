#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

std::vector<Variable> dense_variables(Config& config) {
  std::vector<Variable> variables{{"kernel"}};
  if (config.boolean("use_bias", true)) variables.push_back({"bias"});
  return variables;
}

Values dense(CallContext& call) {
  detail::ops::Dense op;
  op.units = call.config.integer("units");
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  if (in.rank() < 1) call.fail("expected at least one axis beside the batch");
  op.kernel = call.weight(0, "kernel", Shape{in.back(), op.units});
  if (call.config.boolean("use_bias", true)) op.bias = call.weight(1, "bias", Shape{op.units});
  return {add_activation(call, call.add(op, {input}))};
}

}  // namespace tf_injector::detail::keras::layers
