#include "data/gtsrb/resize_tensorflow.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

namespace tf_injector::detail::data {
namespace {

// The position of an output pixel between two input pixels.
struct Place {
  size_t lower = 0;
  size_t upper = 0;
  float fraction = 0;  // of the way from lower to upper
};

// Beyond the centres of the outermost pixels both neighbours are the border pixel, whatever the fraction.
std::vector<Place> make_places(int in_size, int out_size) {
  const float scale = static_cast<float>(in_size) / static_cast<float>(out_size);
  std::vector<Place> places(static_cast<size_t>(out_size));
  for (int i = 0; i < out_size; ++i) {
    const float position = (static_cast<float>(i) + 0.5f) * scale - 0.5f;
    const float floor = std::floor(position);
    Place& place = places[static_cast<size_t>(i)];
    place.lower = static_cast<size_t>(std::clamp(static_cast<int>(floor), 0, in_size - 1));
    place.upper = static_cast<size_t>(std::clamp(static_cast<int>(std::ceil(position)), 0, in_size - 1));
    place.fraction = position - floor;
  }
  return places;
}

// Three roundings: the difference, the product, the sum.
float between(float from, float to, float fraction) { return from + (to - from) * fraction; }

}  // namespace

void resize_tensorflow(const RgbImage& image, int width, int height, std::span<float> out) {
  const std::vector<Place> columns = make_places(image.width, width);
  const size_t row_size = static_cast<size_t>(image.width) * kRgbChannels;
  float* value = out.data();
  for (const Place& row : make_places(image.height, height)) {
    const uint8_t* top = image.pixels.data() + row.lower * row_size;
    const uint8_t* bottom = image.pixels.data() + row.upper * row_size;
    for (const Place& column : columns) {
      for (size_t channel = 0; channel < kRgbChannels; ++channel) {
        const size_t left = column.lower * kRgbChannels + channel;
        const size_t right = column.upper * kRgbChannels + channel;
        const float above = between(top[left], top[right], column.fraction);
        const float below = between(bottom[left], bottom[right], column.fraction);
        *value++ = between(above, below, row.fraction);
      }
    }
  }
}

}  // namespace tf_injector::detail::data
