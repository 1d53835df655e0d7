// The import functions of tf.* functions and keras.ops. Axes of a call count the batch as axis 0; the graph's
// do not. What would mix images is refused.
#pragma once

#include "keras/call_context.hpp"

namespace tf_injector::keras::ops {

Values add(CallContext& call);  // of tensors, or of integers of shapes
Values average_pool(CallContext& call);
Values cast(CallContext& call);
Values concat(CallContext& call);  // of tensors, or of integers of shapes
Values expand_dims(CallContext& call);
Values floor_divide(CallContext& call);
Values getitem(CallContext& call);
Values identity(CallContext& call);
Values largest(CallContext& call);  // reduce_max
Values max_pool(CallContext& call);
Values mean(CallContext& call);
Values multiply(CallContext& call);
Values pad(CallContext& call);
Values relu(CallContext& call);
Values relu6(CallContext& call);
Values relu_with_options(CallContext& call);
Values reshape(CallContext& call);
Values shape(CallContext& call);
Values squeeze(CallContext& call);
Values stack(CallContext& call);  // of integers of shapes
Values subtract(CallContext& call);
Values transpose(CallContext& call);
Values unstack(CallContext& call);

}  // namespace tf_injector::keras::ops
