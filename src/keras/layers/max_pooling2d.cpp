// MaxPooling2D and GlobalMaxPooling2D.
#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values max_pooling2d(CallContext& call) {
  expect_channels_last(call.config);
  detail::ops::MaxPool2D op;
  op.pool_size = call.config.pair("pool_size", {2, 2});
  op.strides = call.config.pair("strides", op.pool_size);
  op.padding = padding_option(call.config);
  return {call.add(op, {call.input()})};
}

Values global_max_pooling2d(CallContext& call) {
  expect_channels_last(call.config);
  return {call.add(detail::ops::GlobalMaxPool{call.config.boolean("keepdims", false)}, {call.input()})};
}

}  // namespace tf_injector::detail::keras::layers
