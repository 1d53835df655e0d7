// Flatten and Reshape: a new shape for everything but the batch.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values flatten(CallContext& call) {
  const NodeId input = call.input();
  if (call.shape(input).rank() > 1) expect_channels_last(call.config);
  call.config.ignore({"data_format"});  // of a vector
  return {call.add(detail::ops::Reshape{Shape{call.shape(input).elements()}}, {input})};
}

Values reshape(CallContext& call) {
  const NodeId input = call.input();
  const Json* target = call.config.find("target_shape");
  if (target == nullptr || !target->is_array()) call.config.fail("target_shape", "a list of integers");
  std::vector<int64_t> dims;
  for (const Json& dim : *target) {
    if (!dim.is_number_integer()) call.config.fail("target_shape", "a list of integers");
    dims.push_back(dim.get<int64_t>());
  }
  return {call.add(detail::ops::Reshape{call.completed(dims, call.shape(input).elements())}, {input})};
}

}  // namespace tf_injector::detail::keras::layers
