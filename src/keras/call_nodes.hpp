// Reads the entries of a layer's `inbound_nodes`, as Keras 2 and Keras 3 write them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "keras/model_spec.hpp"

namespace tf_injector::detail::keras {

// Converts (layer name, node index, tensor index), as counted in the file, to a reference. Throws ModelError
// if there is no such layer or call.
using ResolveTensor = std::function<TensorRef(const std::string& layer, int64_t node, int64_t tensor)>;

// ["conv2d", 0, 0] and the like.
[[nodiscard]] bool is_keras2_tensor(const Json& value);
[[nodiscard]] TensorRef read_keras2_tensor(const Json& value, const ResolveTensor& resolve);

// One entry of `inbound_nodes`: a list of Keras 2, or {"args": [...], "kwargs": {...}} of Keras 3. Throws
// ModelError.
[[nodiscard]] Call read_call(const Json& node, const ResolveTensor& resolve);

}  // namespace tf_injector::detail::keras
