// Layers that do nothing at inference.
#include "keras/layers/layers.hpp"

namespace tf_injector::detail::keras::layers {

Values identity(CallContext& call) { return {call.input()}; }

Values dropout(CallContext& call) {
  call.config.ignore({"rate", "noise_shape", "rng_type", "seed", "stddev", "data_format", "drop_path_rate"});
  return {call.input()};
}

Values activity_regularization(CallContext& call) {
  call.config.ignore({"l1", "l2"});
  return {call.input()};
}

}  // namespace tf_injector::detail::keras::layers
