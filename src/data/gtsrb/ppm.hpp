// Reads binary PPM images (P6, one byte a sample) as Pillow reads them.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::data {

// `label` names the image in messages. The header's tokens are parted by any white space; a comment goes from
// '#' to the line's end, wherever it starts; exactly one byte of white space comes before the samples; bytes
// behind them are ignored. Throws DatasetError: not P6, sides outside 1..65535, a maximum other than 255,
// fewer samples than the header says.
[[nodiscard]] RgbImage parse_ppm(std::span<const uint8_t> bytes, const std::string& label);

}  // namespace tf_injector::data
