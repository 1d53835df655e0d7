// Images to the float32 the network is fed with, in the original's arithmetic, every step rounded to float32.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tf_injector::data {

enum class Scaling {
  none,
  numpy,       // x / 255
  tensorflow,  // x * (1 / 255)   (-u)
};

struct Normalization {
  std::array<float, 3> mean;
  std::array<float, 3> std;

  friend bool operator==(const Normalization&, const Normalization&) = default;
};

// The original's constants; nullopt for another name.
[[nodiscard]] std::optional<Normalization> normalization_of(const std::string& dataset);

// What is done to every value: scaled, then, with a normalization, (x - mean) / std of its channel.
struct Preprocessing {
  Scaling scaling = Scaling::none;
  std::optional<Normalization> normalization = {};

  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

// "(x / 255 - mean) / std"; "x" where nothing is done.
[[nodiscard]] std::string formula(const Preprocessing& preprocessing);

// `images` is N x H x W x C (C channels, last); uint8 values become float32 first. out has as many elements.
// `normalization` with C != 3 throws DatasetError.
void preprocess(std::span<const uint8_t> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out);
void preprocess(std::span<const float> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out);

// The formula of bytes that are fed as they are: no version before metadata of schema 2 knew it.
inline constexpr const char* kBytesAsTheyAre = "float32(x)";

}  // namespace tf_injector::data
