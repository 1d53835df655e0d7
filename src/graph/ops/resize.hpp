// Resizes an image as tf.image.resize does (Resizing, UpSampling2D), with half-pixel centres.
#pragma once
#include <array>
#include <cstdint>
#include <span>

#include "core/shape.hpp"

namespace tf_injector::detail::ops {

enum class ResizeMethod { nearest, bilinear, bicubic, area, lanczos3, lanczos5, gaussian, mitchellcubic };
// "nearest", "bilinear", ...
[[nodiscard]] const char* resize_name(ResizeMethod method);

struct Resize {
  static constexpr const char* kName = "Resize";
  ResizeMethod method = ResizeMethod::bilinear;
  std::array<int64_t, 2> size{1, 1};  // height and width of the output
  // Widens the window by the factor by which the image shrinks. No effect on nearest and area.
  bool antialias = false;
};

Shape infer_shape(const Resize& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail::ops
