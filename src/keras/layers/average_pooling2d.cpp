#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values average_pooling2d(CallContext& call) {
  expect_channels_last(call.config);
  detail::ops::AveragePool2D op;
  op.pool_size = call.config.pair("pool_size", {2, 2});
  op.strides = call.config.pair("strides", op.pool_size);
  op.padding = padding_option(call.config);
  return {call.add(op, {call.input()})};
}

}  // namespace tf_injector::detail::keras::layers
