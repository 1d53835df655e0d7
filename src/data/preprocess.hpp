// Converts images to the float32 values that the network is fed, in the arithmetic of the Python tool: every
// step is rounded to float32.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tf_injector::detail::data {

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

// The Python tool's constants for a data set ("CIFAR10"); nothing for any other name.
[[nodiscard]] std::optional<Normalization> normalization_of(const std::string& dataset);

// What is done to every value: it is scaled; then, if there is a normalization, it becomes (x - mean) / std
// with the constants of its channel.
struct Preprocessing {
  Scaling scaling = Scaling::none;
  std::optional<Normalization> normalization = {};

  friend bool operator==(const Preprocessing&, const Preprocessing&) = default;
};

// "(x / 255 - mean) / std"; "x" if nothing is done.
[[nodiscard]] std::string formula(const Preprocessing& preprocessing);

// `images` is N x H x W x C with C = `channels`; `out` has as many elements. uint8 values are converted to
// float32 first. Throws DatasetError for a normalization of images that do not have 3 channels.
void preprocess(std::span<const uint8_t> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out);
void preprocess(std::span<const float> images, int64_t channels, const Preprocessing& preprocessing,
                std::span<float> out);

// The formula of bytes that are fed unchanged. Only metadata of schema 2 and later hold it.
inline constexpr const char* kBytesAsTheyAre = "float32(x)";

}  // namespace tf_injector::detail::data
