// Activation: the function by name. ReLU: with its options.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::keras::layers {

Values activation(CallContext& call) { return {add_activation(call, call.input())}; }

Values relu(CallContext& call) { return {add_relu(call, call.input(), call.config)}; }

}  // namespace tf_injector::keras::layers
