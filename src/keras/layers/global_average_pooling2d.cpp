#include "keras/layers/layers.hpp"
#include "keras/layers/options.hpp"

namespace tf_injector::keras::layers {

Values global_average_pooling2d(CallContext& call) {
  expect_channels_last(call.config);
  return {
      call.add(tf_injector::ops::GlobalAveragePool{call.config.boolean("keepdims", false)}, {call.input()})};
}

}  // namespace tf_injector::keras::layers
