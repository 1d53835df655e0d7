// An 8-bit colour image in memory.
#pragma once

#include <cstdint>
#include <vector>

namespace tf_injector::data {

struct RgbImage {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> pixels;  // height x width x 3
};

}  // namespace tf_injector::data
