// Reads binary PPM images (P6, 8 bits per sample) exactly as Pillow does.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::detail::data {

// `label` names the image in messages. The tokens of the header are separated by white space. A comment runs
// from '#' to the end of the line, wherever it starts. Exactly one byte of white space precedes the samples;
// bytes after them are ignored. Throws DatasetError: not P6, sides outside 1..65535, a maximum other than
// 255, fewer samples than the header says.
[[nodiscard]] RgbImage parse_ppm(std::span<const uint8_t> bytes, const std::string& label);

}  // namespace tf_injector::detail::data
