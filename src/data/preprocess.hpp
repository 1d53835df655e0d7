// uint8 images to the float32 the network is fed with, in the original's arithmetic, every step rounded to
// float32.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tf_injector::data {

enum class Arithmetic {
  numpy,       // (x / 255 - mean) / std
  tensorflow,  // (x * (1/255) - mean) / std   (-u)
};

struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;
};

// The original's constants; nullopt for another name.
[[nodiscard]] std::optional<Normalization> normalization_of(const std::string& dataset);

// `images` is N x H x W x C (C channels, last). out has as many elements. Without a normalization only the
// scaling to 0..1 is done. `normalization` with C != 3 throws DatasetError.
void preprocess(std::span<const uint8_t> images, int64_t channels, Arithmetic arithmetic,
                const std::optional<Normalization>& normalization, std::span<float> out);
// The same for float32 images of 0..255 (DatasetInput::needs_preprocessing).
void preprocess(std::span<const float> images, int64_t channels, Arithmetic arithmetic,
                const std::optional<Normalization>& normalization, std::span<float> out);
// Other float32 images: (x - mean) / std when a normalization is given, else a copy.
void preprocess(std::span<const float> images, int64_t channels,
                const std::optional<Normalization>& normalization, std::span<float> out);

}  // namespace tf_injector::data
