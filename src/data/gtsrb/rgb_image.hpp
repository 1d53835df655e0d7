// An 8-bit colour image in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tf_injector::detail::data {

constexpr size_t kRgbChannels = 3;

struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // height x width x kRgbChannels
};

}  // namespace tf_injector::detail::data
