// Resizes as Pillow's Image.resize((width, height), Image.BILINEAR) does, equal to it in every byte.
#pragma once

#include <cstdint>
#include <span>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::data {

// `out` is height x width x 3. A triangle filter as wide as an output pixel when an axis shrinks
// (antialiased), as wide as an input pixel when it grows; weights of 22 fractional bits; along the rows
// first, rounded to bytes, then along the columns; an axis that keeps its length is left alone. (Pillow 13
// takes the columns first where the height shrinks much more than the width, which gives other bytes for such
// images; the releases before it, and this, never do.)
void resize_pillow(const RgbImage& image, int width, int height, std::span<uint8_t> out);

}  // namespace tf_injector::data
