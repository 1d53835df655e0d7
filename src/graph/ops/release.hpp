// The TensorFlow whose bits an op has: 2.21 in files of Keras 3.
#pragma once

namespace tf_injector::ops {

enum class TensorFlow { v2_14, v2_21 };

}  // namespace tf_injector::ops
