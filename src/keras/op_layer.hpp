// TensorFlowOpLayer: what TensorFlow 2.0 to 2.3 wrote for an operation between layers. It holds the operation
// as a node of TensorFlow's graph: its type, its attributes, and the inputs that are constants.
#pragma once

#include <string>

#include "keras/model_spec.hpp"

namespace tf_injector::keras {

[[nodiscard]] bool is_op_layer(const LayerSpec& layer);
// "RealDiv"; empty when the file does not say.
[[nodiscard]] std::string op_of_op_layer(const LayerSpec& layer);
// The tf.* function that does the same ("math.truediv"); empty when the operation is not supported.
[[nodiscard]] std::string function_of_op_layer(const LayerSpec& layer);
// The call of that function that a call of the layer is. Throws ModelError: the file says too little.
[[nodiscard]] Call call_of_op_layer(const LayerSpec& layer, const Call& call);

}  // namespace tf_injector::keras
