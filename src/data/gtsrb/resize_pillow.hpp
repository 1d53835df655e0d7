// Resizes as Pillow's Image.resize((width, height), Image.BILINEAR) does, equal to it in every byte.
#pragma once

#include <cstdint>
#include <span>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::detail::data {

// `out` is height x width x 3. The filter is a triangle: as wide as an output pixel where an axis shrinks
// (antialiasing), as wide as an input pixel where it grows. Its weights have 22 fractional bits. Rows are
// resampled first and rounded to bytes, then columns; an axis that keeps its length is skipped. (Pillow 13
// resamples the columns first if the height shrinks much more than the width, which gives other bytes for
// such images. Earlier releases, and this code, never do.)
void resize_pillow(const RgbImage& image, int width, int height, std::span<uint8_t> out);

}  // namespace tf_injector::detail::data
