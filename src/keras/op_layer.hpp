// TensorFlowOpLayer, which TensorFlow 2.0 to 2.3 wrote for an operation between layers. It holds a node of
// TensorFlow's graph: its operation, its attributes, and the inputs that are constants.
#pragma once

#include <string>

#include "keras/model_spec.hpp"

namespace tf_injector::detail::keras {

[[nodiscard]] bool is_op_layer(const LayerSpec& layer);
// The name of the operation, "RealDiv"; "" if the file does not say.
[[nodiscard]] std::string op_of_op_layer(const LayerSpec& layer);
// The equivalent tf.* function ("math.truediv"); "" if the operation is not supported.
[[nodiscard]] std::string function_of_op_layer(const LayerSpec& layer);
// The call of that function that is equivalent to a call of the layer. Throws ModelError if the file lacks
// something.
[[nodiscard]] Call call_of_op_layer(const LayerSpec& layer, const Call& call);

}  // namespace tf_injector::detail::keras
