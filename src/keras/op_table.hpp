// The tables of supported tf.* functions (Keras 2: TFOpLambda, SlicingOpLambda) and keras.ops (Keras 3),
// described in docs/layers.md.
#pragma once

#include <span>
#include <string>

#include "keras/call_context.hpp"

namespace tf_injector::detail::keras {

struct OpType {
  const char* name;  // "nn.relu" of Keras 2, the class "Relu" of Keras 3
  Values (*import_call)(CallContext& call);
};

[[nodiscard]] std::span<const OpType> tf_ops();
[[nodiscard]] std::span<const OpType> keras3_ops();

// True if the layer is an op of one of these tables, not a Keras layer.
[[nodiscard]] bool is_op(const LayerSpec& layer, Generation generation);
// "TFOpLambda(nn.relu)"; for Keras 3 the class: "Relu".
[[nodiscard]] std::string op_description(const LayerSpec& layer);
// Null if the op is not supported.
[[nodiscard]] const OpType* find_op(const LayerSpec& layer);

}  // namespace tf_injector::detail::keras
