#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {
namespace {

// Only the last axis; files of Keras 2 hold a list of one.
void expect_last_axis(CallContext& call, int64_t rank) {
  const Json* option = call.config.find("axis");
  if (option == nullptr) return;
  const Json& axis = option->is_array() && option->size() == 1 ? (*option)[0] : *option;
  if (axis != -1 && axis != rank)
    call.config.fail("axis", "the last one (-1 or " + std::to_string(rank) + ")");
}

}  // namespace

std::vector<Variable> batch_normalization_variables(Config& config) {
  std::vector<Variable> variables;
  if (config.boolean("scale", true)) variables.push_back({"gamma"});
  if (config.boolean("center", true)) variables.push_back({"beta"});
  variables.push_back({"moving_mean", false});
  variables.push_back({"moving_variance", false});
  if (config.boolean("renorm", false)) {
    variables.push_back({"moving_stddev", false});
    variables.push_back({"renorm_mean", false});
    variables.push_back({"renorm_stddev", false});
  }
  return variables;
}

Values batch_normalization(CallContext& call) {
  const NodeId input = call.input();
  const Shape& in = call.shape(input);
  if (in.rank() < 1) call.fail("expected at least one axis beside the batch");
  expect_last_axis(call, in.rank());
  const bool scale = call.config.boolean("scale", true);
  const bool center = call.config.boolean("center", true);
  call.config.ignore({"momentum", "renorm_clipping", "renorm_momentum"});
  const bool synchronized =
      call.config.boolean("synchronized", call.class_name() == "SyncBatchNormalization");

  const Shape expected{in.back()};
  detail::ops::BatchNormalization op;
  op.epsilon = static_cast<float>(call.config.number("epsilon", 1e-3));
  const bool renorm = call.config.boolean("renorm", false);  // of training
  op.fused = call.generation() == Generation::keras2 && in.rank() == 3 && !synchronized && !renorm;
  size_t next = 0;
  if (scale) op.gamma = call.weight(next++, "gamma", expected);
  if (center) op.beta = call.weight(next++, "beta", expected);
  op.mean = call.weight(next++, "moving mean", expected);
  op.variance = call.weight(next++, "moving variance", expected);
  return {call.add(op, {input})};
}

}  // namespace tf_injector::detail::keras::layers
