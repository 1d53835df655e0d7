// The import functions of tf.* functions and keras.ops. In a call the batch is axis 0, in the graph it is not
// counted. Ops that would mix images are refused.
#pragma once

#include "keras/call_context.hpp"

namespace tf_injector::detail::keras::ops {

Values add(CallContext& call);  // of tensors, or of integers of shapes
Values average_pool(CallContext& call);
Values bias_add(CallContext& call);
Values cast(CallContext& call);
Values clip(CallContext& call);
Values concat(CallContext& call);  // of tensors, or of integers of shapes
Values divide(CallContext& call);
Values elu(CallContext& call);
Values expand_dims(CallContext& call);
Values exponential(CallContext& call);
Values floor_divide(CallContext& call);
Values gelu(CallContext& call);
Values getitem(CallContext& call);
Values hard_sigmoid(CallContext& call);
Values hard_silu(CallContext& call);
Values identity(CallContext& call);
Values largest(CallContext& call);  // reduce_max
Values leaky_relu(CallContext& call);
Values log_softmax(CallContext& call);
Values max_pool(CallContext& call);
Values maximum(CallContext& call);
Values mean(CallContext& call);
Values minimum(CallContext& call);
Values multiply(CallContext& call);
Values negative(CallContext& call);
Values pad(CallContext& call);
Values relu(CallContext& call);
Values relu6(CallContext& call);
Values relu_with_options(CallContext& call);
Values reshape(CallContext& call);
Values selu(CallContext& call);
Values shape(CallContext& call);
Values sigmoid(CallContext& call);
Values silu(CallContext& call);
Values softmax(CallContext& call);
Values softplus(CallContext& call);
Values softsign(CallContext& call);
Values square(CallContext& call);
Values squeeze(CallContext& call);
Values split(CallContext& call);
Values stack(CallContext& call);  // of tensors, or of integers of shapes
Values subtract(CallContext& call);
Values tanh(CallContext& call);
Values transpose(CallContext& call);
Values unstack(CallContext& call);

}  // namespace tf_injector::detail::keras::ops
