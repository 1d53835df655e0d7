#include "data/gtsrb/resize_pillow.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tf_injector::detail::data {
namespace {

// Fractional bits of a weight: an int32 less the 8 bits of a sample, the sign, and one bit of headroom.
constexpr int kFractionBits = 32 - 8 - 2;
constexpr int32_t kHalf = int32_t{1} << (kFractionBits - 1);

// The input pixels that contribute to one output pixel; `weights[i]` belongs to pixel first + i.
struct Window {
  int first = 0;
  std::vector<int32_t> weights;
};

// The weights of a triangle around `center`, `reach` pixels to either side, cut at the border of the image
// and scaled to a sum of one.
Window make_window(double center, double reach, int size) {
  Window window;
  window.first = std::max(static_cast<int>(center - reach + 0.5), 0);
  const int end = std::min(static_cast<int>(center + reach + 0.5), size);
  const double inverse = 1.0 / reach;
  std::vector<double> weights;
  double sum = 0;
  for (int pixel = window.first; pixel < end; ++pixel) {
    const double distance = std::abs((pixel - center + 0.5) * inverse);
    weights.push_back(distance < 1 ? 1 - distance : 0);
    sum += weights.back();
  }
  for (const double weight : weights) {
    const double share = sum != 0 ? weight / sum : weight;
    window.weights.push_back(static_cast<int32_t>(0.5 + share * (1 << kFractionBits)));
  }
  return window;
}

std::vector<Window> make_windows(int in_size, int out_size) {
  const double scale = static_cast<double>(in_size) / out_size;
  std::vector<Window> windows;
  windows.reserve(static_cast<size_t>(out_size));
  for (int i = 0; i < out_size; ++i) {
    windows.push_back(make_window((i + 0.5) * scale, std::max(scale, 1.0), in_size));
  }
  return windows;
}

// Strides, in bytes, between lines and between the pixels of a line.
struct Steps {
  size_t line = 0;
  size_t pixel = 0;
};

// Resamples every line along one axis.
void resample(const uint8_t* in, Steps in_steps, size_t lines, const std::vector<Window>& windows,
              uint8_t* out, Steps out_steps) {
  for (size_t line = 0; line < lines; ++line) {
    for (size_t i = 0; i < windows.size(); ++i) {
      const Window& window = windows[i];
      const uint8_t* first = in + line * in_steps.line + static_cast<size_t>(window.first) * in_steps.pixel;
      uint8_t* pixel = out + line * out_steps.line + i * out_steps.pixel;
      for (size_t channel = 0; channel < kRgbChannels; ++channel) {
        int32_t sum = kHalf;
        for (size_t tap = 0; tap < window.weights.size(); ++tap) {
          sum += first[tap * in_steps.pixel + channel] * window.weights[tap];
        }
        pixel[channel] = static_cast<uint8_t>(std::clamp(sum >> kFractionBits, 0, 255));
      }
    }
  }
}

}  // namespace

void resize_pillow(const RgbImage& image, int width, int height, std::span<uint8_t> out) {
  const size_t in_row = static_cast<size_t>(image.width) * kRgbChannels;
  const size_t out_row = static_cast<size_t>(width) * kRgbChannels;
  const auto in_rows = static_cast<size_t>(image.height);
  const uint8_t* rows = image.pixels.data();  // in_rows x width
  std::vector<uint8_t> resampled_rows;
  if (image.width != width) {
    resampled_rows.resize(in_rows * out_row);
    resample(rows, {in_row, kRgbChannels}, in_rows, make_windows(image.width, width), resampled_rows.data(),
             {out_row, kRgbChannels});
    rows = resampled_rows.data();
  }
  if (image.height != height) {
    resample(rows, {kRgbChannels, out_row}, static_cast<size_t>(width), make_windows(image.height, height),
             out.data(), {kRgbChannels, out_row});
  } else {
    std::copy_n(rows, in_rows * out_row, out.data());
  }
}

}  // namespace tf_injector::detail::data
