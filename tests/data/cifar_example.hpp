// The two images of tests/data/make_pickles.py, in CIFAR's order of planes and as they come out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/file.hpp"

namespace tf_injector::detail::test {

inline constexpr size_t kCifarImage = 3072;

inline uint8_t cifar_byte(size_t image, size_t i) {
  return static_cast<uint8_t>(7 * i + i / 256 + 31 * image);
}

// Image after image, plane after plane.
inline std::vector<uint8_t> cifar_planes(size_t images = 2) {
  std::vector<uint8_t> bytes;
  for (size_t image = 0; image < images; ++image) {
    for (size_t i = 0; i < kCifarImage; ++i) bytes.push_back(cifar_byte(image, i));
  }
  return bytes;
}

// Image after image, row after row, (red, green, blue).
inline std::vector<uint8_t> cifar_pixels(size_t images = 2) {
  std::vector<uint8_t> bytes;
  for (size_t image = 0; image < images; ++image) {
    for (size_t pixel = 0; pixel < 1024; ++pixel) {
      for (size_t c = 0; c < 3; ++c) bytes.push_back(cifar_byte(image, c * 1024 + pixel));
    }
  }
  return bytes;
}

// The binary version of the two images; each starts with these labels.
inline std::string cifar_records(const std::vector<std::string>& labels) {
  const std::vector<uint8_t> planes = cifar_planes(labels.size());
  std::string bytes;
  for (size_t image = 0; image < labels.size(); ++image) {
    const auto first = planes.begin() + static_cast<ptrdiff_t>(image * kCifarImage);
    bytes += labels[image];
    bytes.append(first, first + kCifarImage);
  }
  return bytes;
}

// A pickle of tests/data/pickles.
inline std::string example_pickle(const std::string& name) {
  return read_text(std::string(TFI_TEST_DIR) + "/data/pickles/" + name + ".pkl");
}

}  // namespace tf_injector::detail::test
