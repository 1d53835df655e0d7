#include "keras/layers/layers.hpp"

namespace tf_injector::keras::layers {

Values add(CallContext& call) {
  std::vector<NodeId> inputs = call.inputs();
  if (inputs.size() < 2) call.fail("expected two inputs or more, found " + std::to_string(inputs.size()));
  return {call.add(tf_injector::ops::Add{}, std::move(inputs))};
}

}  // namespace tf_injector::keras::layers
