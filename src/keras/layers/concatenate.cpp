#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values concatenate(CallContext& call) {
  std::vector<NodeId> inputs = call.inputs();
  if (inputs.size() < 2) call.fail("expected two inputs or more, found " + std::to_string(inputs.size()));
  const int64_t axis = call.config.find("axis") == nullptr ? -1 : call.config.integer("axis");
  return {add_concat(call, std::move(inputs), axis)};
}

}  // namespace tf_injector::detail::keras::layers
