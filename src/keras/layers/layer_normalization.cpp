#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {

std::vector<Variable> layer_normalization_variables(Config& config) {
  std::vector<Variable> variables;
  if (config.boolean("scale", true)) variables.push_back({"gamma"});
  if (config.boolean("center", true)) variables.push_back({"beta"});
  return variables;
}

Values layer_normalization(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  if (in.rank() < 1) call.fail("expected at least one axis beside the batch");
  // Keras 3 computes in float32 and casts back to the type of its input, which truncates integers.
  const auto* given = std::get_if<NodeId>(&call.input_value());
  const NumberType type = given == nullptr ? NumberType::float32 : call.type(*given);
  if (call.generation() == Generation::keras3 && type != NumberType::float32) {
    call.fail("casts its result back to " + std::string(number_type_name(type)) +
              "; only float32 is supported: a Rescaling layer or a cast makes it (docs/layers.md)");
  }
  if (const Json* option = call.config.find("axis")) {
    const Json& axis = option->is_array() && option->size() == 1 ? (*option)[0] : *option;
    if (axis != -1 && axis != in.rank())
      call.config.fail("axis", "the last one (-1 or " + std::to_string(in.rank()) + ")");
  }
  call.config.expect("rms_scaling", false);
  detail::ops::LayerNormalization op;
  const double epsilon = call.config.number("epsilon", 1e-3);
  op.epsilon = static_cast<float>(epsilon);
  constexpr double kLeastFused = 1.001e-5;  // Keras 2
  op.fused = call.generation() == Generation::keras2 && epsilon >= kLeastFused;
  const Shape expected{in.back()};
  size_t next = 0;
  if (call.config.boolean("scale", true)) op.gamma = call.weight(next++, "gamma", expected);
  if (call.config.boolean("center", true)) op.beta = call.weight(next++, "beta", expected);
  return {call.add(op, {input})};
}

}  // namespace tf_injector::detail::keras::layers
