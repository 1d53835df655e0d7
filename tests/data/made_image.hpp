// Images that tests make up: the same bytes as tools/make_resize_facts.py makes, and their PPM files.
#pragma once

#include <cstdint>
#include <string>

#include "data/gtsrb/rgb_image.hpp"

namespace tf_injector::detail::data::test {

inline uint8_t sample(uint32_t index) {
  uint32_t value = index;
  value ^= value >> 16;
  value *= 0x7FEB352Du;
  value ^= value >> 15;
  value *= 0x846CA68Bu;
  return static_cast<uint8_t>(value >> 24);
}

inline RgbImage made_image(uint32_t number, int width, int height) {
  RgbImage image{.width = width, .height = height, .pixels = {}};
  for (uint32_t i = 0; i < static_cast<uint32_t>(width * height * 3); ++i) {
    image.pixels.push_back(sample(i + number * 2654435769u));
  }
  return image;
}

inline std::string ppm_text(const RgbImage& image, const std::string& comment = "") {
  return "P6\n" + comment + std::to_string(image.width) + " " + std::to_string(image.height) + "\n255\n" +
         std::string(image.pixels.begin(), image.pixels.end());
}

}  // namespace tf_injector::detail::data::test
