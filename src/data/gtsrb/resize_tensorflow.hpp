// Resizes as tf.image.resize(image, (height, width)) does: bilinear, half-pixel centres, no antialiasing,
// float32.
#pragma once

#include <span>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::detail::data {

// `out` is height x width x 3, values of 0..255, equal in every bit to what TensorFlow 2.14 gives for the
// uint8 image (docs/numerics.md).
void resize_tensorflow(const RgbImage& image, int width, int height, std::span<float> out);

}  // namespace tf_injector::detail::data
