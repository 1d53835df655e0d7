#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::detail::keras::layers {

Values global_average_pooling2d(CallContext& call) {
  expect_channels_last(call.config);
  return {call.add(detail::ops::GlobalAveragePool{call.config.boolean("keepdims", false)}, {call.input()})};
}

}  // namespace tf_injector::detail::keras::layers
