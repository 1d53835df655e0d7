// The TensorFlow release whose bits an op reproduces: 2.21 for files of Keras 3, else 2.14.
#pragma once

namespace tf_injector::detail::ops {

enum class TensorFlow { v2_14, v2_21 };

}  // namespace tf_injector::detail::ops
