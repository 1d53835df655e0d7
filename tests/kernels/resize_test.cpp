// Resize: cases by hand, what TensorFlow 2.14.1 gives for each method, NaN and Inf.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

using ops::ResizeMethod;

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = bits_float(kCanonicalNan);

// An image of one row (or column) and one channel.
std::vector<float> resized(const std::vector<float>& in, int64_t out, ResizeMethod method,
                           bool antialias = false, bool column = false) {
  const auto length = static_cast<int64_t>(in.size());
  const ops::Resize op{.method = method,
                       .size = column ? std::array<int64_t, 2>{out, 1} : std::array<int64_t, 2>{1, out},
                       .antialias = antialias};
  const Shape shape = column ? Shape{length, 1, 1} : Shape{1, length, 1};
  const KernelContext context{.inputs = {shape}, .output = infer_shape(op, std::span(&shape, 1))};
  const AlignedBuffer input{std::span<const float>(in)};
  AlignedBuffer output(static_cast<size_t>(out));
  const float* const inputs[] = {input.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = output.data(), .images = 1});
  return {output.data(), output.data() + out};
}

TEST(Resize, NearestTakesThePixelThatCoversTheMiddle) {
  EXPECT_EQ(resized({1, 2, 3, 4, 5}, 2, ResizeMethod::nearest), (std::vector<float>{2, 4}));
  EXPECT_EQ(resized({1, 2, 3}, 5, ResizeMethod::nearest), (std::vector<float>{1, 1, 2, 3, 3}));
  EXPECT_EQ(resized({1, kNan}, 4, ResizeMethod::nearest)[1], 1.0f);
}

TEST(Resize, BilinearHasHalfPixelCentresAndNoAntialias) {
  EXPECT_EQ(resized({0, 4}, 4, ResizeMethod::bilinear), (std::vector<float>{0, 1, 3, 4}));
  EXPECT_EQ(resized({0, 1, 2, 30, 4, 5, 6, 70}, 2, ResizeMethod::bilinear), (std::vector<float>{1.5f, 5.5f}));
  EXPECT_EQ(resized({0, 4}, 4, ResizeMethod::bilinear, false, true), (std::vector<float>{0, 1, 3, 4}));
}

TEST(Resize, BilinearOfTheSameSizeCopies) {
  EXPECT_TRUE(test::same_bits(std::vector<float>{-0.0f, kInf, 1},
                              resized({-0.0f, kInf, 1}, 3, ResizeMethod::bilinear)));
}

TEST(Resize, AreaAddsPartsOfPixels) {
  EXPECT_EQ(resized({1, 2, 3, 4}, 2, ResizeMethod::area), (std::vector<float>{1.5f, 3.5f}));
  EXPECT_EQ(resized({2, 4, 8}, 2, ResizeMethod::area)[0],
            (2.0f + 4.0f * 0.5f) * static_cast<float>(1.0 / 1.5));
}

TEST(Resize, WindowsAreScaledToASumOfOne) {
  const std::vector<float> ones(7, 1.0f);
  for (ResizeMethod method : {ResizeMethod::lanczos3, ResizeMethod::lanczos5, ResizeMethod::gaussian,
                              ResizeMethod::mitchellcubic, ResizeMethod::bicubic}) {
    for (int64_t out : {3, 7, 16}) {
      for (float v : resized(ones, out, method)) EXPECT_NEAR(v, 1.0f, 2e-6f) << ops::resize_name(method);
    }
  }
}

TEST(Resize, AntialiasMakesTheWindowLarger) {
  const std::vector<float> in{0, 0, 0, 30, 0, 0, 0, 0};
  EXPECT_EQ(resized(in, 2, ResizeMethod::bilinear)[0], 0.0f);
  EXPECT_GT(resized(in, 2, ResizeMethod::bilinear, true)[0], 1.0f);
}

// 0 * NaN is NaN: a pixel that counts nothing is multiplied too, but not one that is no tap.
TEST(Resize, NanAndInfReachWhatTheyAreTapsOf) {
  const auto up = resized({1, kNan, 3, 4}, 8, ResizeMethod::bilinear);
  EXPECT_EQ(up[0], 1.0f);
  EXPECT_TRUE(std::isnan(up[1]) && std::isnan(up[4]));
  EXPECT_FALSE(std::isnan(up[5]));
  EXPECT_TRUE(std::isnan(resized({kInf, -kInf}, 3, ResizeMethod::bilinear)[1]));
  EXPECT_TRUE(std::isnan(resized({1, 2, kInf}, 3, ResizeMethod::bicubic)[0]));
  EXPECT_EQ(resized({1, kInf, 3, 4}, 2, ResizeMethod::area), (std::vector<float>{kInf, 3.5f}));
}

}  // namespace
}  // namespace tf_injector::detail
