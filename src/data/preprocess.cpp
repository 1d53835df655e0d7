#include "data/preprocess.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

constexpr int64_t kNormalizedChannels = 3;
constexpr size_t kByteValues = 256;

struct NamedNormalization {
  std::string_view name;
  std::array<double, 3> mean;
  std::array<double, 3> std;
};

// The Python tool's constants; np.array(..., np.float32) rounds each to the nearest float32.
constexpr NamedNormalization kNormalizations[] = {
    {"CIFAR10", {0.4914, 0.4822, 0.4465}, {0.2023, 0.1994, 0.2010}},
    {"CIFAR100",
     {0.5070751592371323, 0.48654887331495095, 0.4409178433670343},
     {0.2673342858792401, 0.2564384629170883, 0.27615047132568404}},
    {"GTSRB", {0.3403, 0.3121, 0.3214}, {0.2724, 0.2608, 0.2669}},
};

std::array<float, 3> rounded(const std::array<double, 3>& values) {
  return {static_cast<float>(values[0]), static_cast<float>(values[1]), static_cast<float>(values[2])};
}

float scaled(float x, Scaling scaling) {
  // tf.image.convert_image_dtype computes 1 / 255 in double and rounds it to float32.
  constexpr auto kInverse = static_cast<float>(1.0 / 255.0);
  if (scaling == Scaling::none) return x;
  return scaling == Scaling::numpy ? x / 255.0f : x * kInverse;
}

float normalized(float x, const Normalization& normalization, size_t channel) {
  const float centred = x - normalization.mean[channel];
  return centred / normalization.std[channel];
}

void check(size_t values, int64_t channels, bool normalizes, size_t out) {
  if (values != out || channels < 1 || values % static_cast<size_t>(channels) != 0) {
    throw Error(ErrorKind::internal,
                fmt::format("preprocess: {} values of {} channels into {}", values, channels, out));
  }
  if (normalizes && channels != kNormalizedChannels) {
    throw DatasetError(
        fmt::format("images of {} channel(s) cannot be normalized: mean and standard deviation "
                    "are given for {}; give float32 images that are normalized already",
                    channels, kNormalizedChannels));
  }
}

}  // namespace

std::optional<Normalization> normalization_of(const std::string& dataset) {
  for (const NamedNormalization& known : kNormalizations) {
    if (known.name == dataset) return Normalization{rounded(known.mean), rounded(known.std)};
  }
  return std::nullopt;
}

std::string formula(const Preprocessing& preprocessing) {
  std::string text = "x";
  if (preprocessing.scaling == Scaling::numpy) text = "x / 255";
  if (preprocessing.scaling == Scaling::tensorflow) text = "x * (1 / 255)";
  return preprocessing.normalization ? "(" + text + " - mean) / std" : text;
}

// A table of the 256 possible values per channel, computed with the same roundings as a pixel.
void preprocess(std::span<const uint8_t> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out) {
  const auto& [scaling, normalization] = preprocessing;
  check(images.size(), channels, normalization.has_value(), out.size());
  const size_t tables = normalization ? static_cast<size_t>(channels) : 1;
  std::array<std::array<float, kByteValues>, kNormalizedChannels> table;
  for (size_t c = 0; c < tables; ++c) {
    for (size_t value = 0; value < kByteValues; ++value) {
      const float x = scaled(static_cast<float>(value), scaling);
      table[c][value] = normalization ? normalized(x, *normalization, c) : x;
    }
  }
  for (size_t i = 0; i < images.size(); i += tables) {
    for (size_t c = 0; c < tables; ++c) out[i + c] = table[c][images[i + c]];
  }
}

// NaN and infinities pass through subtraction and division as in NumPy.
void preprocess(std::span<const float> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out) {
  const auto& [scaling, normalization] = preprocessing;
  check(images.size(), channels, normalization.has_value(), out.size());
  if (!normalization) {
    std::transform(images.begin(), images.end(), out.begin(),
                   [scaling = scaling](float x) { return scaled(x, scaling); });
    return;
  }
  for (size_t i = 0; i < images.size(); i += kNormalizedChannels) {
    for (size_t c = 0; c < kNormalizedChannels; ++c)
      out[i + c] = normalized(scaled(images[i + c], scaling), *normalization, c);
  }
}

}  // namespace tf_injector::detail::data
