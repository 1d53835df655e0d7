// float32 images of 0..255 (GTSRB resized as TensorFlow does), in the arithmetic of uint8 images.
#include <fmt/format.h>

#include "data/preprocess.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::data {

void preprocess(std::span<const float> images, int64_t channels, Arithmetic arithmetic,
                const std::optional<Normalization>& normalization, std::span<float> out) {
  constexpr float kMaximum = 255.0f;
  constexpr float kInverse = 1.0f / 255.0f;  // what TensorFlow's constant is, rounded to float32
  if (normalization && channels != 3) {
    throw DatasetError(fmt::format("images of {} channels; the data set's mean and std are for 3", channels));
  }
  for (size_t i = 0; i < images.size(); ++i) {
    const float scaled = arithmetic == Arithmetic::numpy ? images[i] / kMaximum : images[i] * kInverse;
    const size_t channel = i % static_cast<size_t>(channels);
    out[i] = normalization ? (scaled - normalization->mean[channel]) / normalization->std[channel] : scaled;
  }
}

}  // namespace tf_injector::data
