// Max pooling: every kernel set equals the reference; NaN, Inf, zeros and borders as in TensorFlow.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kLowest = std::numeric_limits<float>::lowest();

template <class Op>
std::vector<float> run(const Op& op, Shape input, std::span<const float> values, KernelSet set,
                       int images = 1) {
  KernelContext context{.inputs = {input}, .output = {}, .set = set};
  context.output = ops::infer_shape(op, context.inputs);
  const AlignedBuffer in(values);
  std::vector<float> out(static_cast<size_t>(context.output.elements() * images));
  const float* const inputs[] = {in.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = images, .batch = images});
  return out;
}

// By TensorFlow 2.14.1, which gives the same for 1 to 17 channels.
TEST(MaxPool2D, PassesOverNan) {
  const std::pair<std::vector<float>, float> facts[] = {{{kNan, kNan, kNan, kNan}, kLowest},
                                                        {{-kInf, -kInf, -kInf, -kInf}, kLowest},
                                                        {{kNan, -kInf, kNan, -kInf}, kLowest},
                                                        {{kNan, 1, 2, 3}, 3.0f},
                                                        {{1, kNan, 0, 0}, 1.0f},
                                                        {{kInf, kNan, 1, 2}, kInf},
                                                        {{-0.0f, 0.0f, -0.0f, -1}, -0.0f},
                                                        {{0.0f, -0.0f, -1, -2}, 0.0f}};
  for (KernelSet set : available_kernel_sets()) {
    for (const auto& [values, expected] : facts) {
      EXPECT_TRUE(test::same_bits(std::vector{expected}, run(ops::MaxPool2D{}, Shape{2, 2, 1}, values, set)))
          << kernel_set_name(set) << " " << expected;
    }
  }
}

TEST(MaxPool2D, LooksInsideTheImageOnly) {
  const ops::MaxPool2D op{.pool_size = {3, 3}, .strides = {2, 2}, .padding = ops::Padding::same};
  const std::vector<float> in{-1, -2, -3, -4};  // the odd row and column of the border are below and right
  for (KernelSet set : available_kernel_sets()) {
    EXPECT_EQ(run(op, Shape{2, 2, 1}, in, set), std::vector{-1.0f}) << kernel_set_name(set);
  }
}

TEST(MaxPool2D, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(3);
  for (int64_t channels : {1, 3, 16, 17, 40}) {
    for (int option = 0; option < 16; ++option) {
      const ops::MaxPool2D op{.pool_size = {1 + option % 3, 3},
                              .strides = {1 + option / 4 % 2, 2},
                              .padding = option < 8 ? ops::Padding::valid : ops::Padding::same};
      const Shape input{5, 7, channels};
      const std::vector<float> in = test::random_values(rng, input.elements() * 2, test::Values::nasty);
      for (KernelSet set : available_kernel_sets()) {
        EXPECT_TRUE(test::same_bits(run(op, input, in, KernelSet::scalar, 2), run(op, input, in, set, 2)))
            << kernel_set_name(set) << " channels " << channels << " option " << option;
      }
    }
  }
}

// By TensorFlow 2.14.1: reduce_max.
TEST(GlobalMaxPool, PassesNanOn) {
  const std::pair<std::vector<float>, float> facts[] = {{{1, 2, 3, kNan}, kNan},
                                                        {{kInf, kNan, 1, 2}, kNan},
                                                        {{-kInf, -kInf, -kInf, -kInf}, -kInf},
                                                        {{-0.0f, 0.0f, -0.0f, -1}, -0.0f},
                                                        {{0.0f, -0.0f, -1, -2}, -0.0f},
                                                        {{-2, -1, -4, -3}, -1.0f}};
  for (const auto& [values, expected] : facts) {
    EXPECT_TRUE(test::same_bits(std::vector{expected},
                                run(ops::GlobalMaxPool{}, Shape{2, 2, 1}, values, KernelSet::scalar)))
        << expected;
  }
  const std::vector<float> two_channels{1, 8, 2, 7, 3, 6, 4, 5};
  EXPECT_EQ(run(ops::GlobalMaxPool{true}, Shape{2, 2, 2}, two_channels, KernelSet::scalar),
            (std::vector<float>{4, 8}));
}

}  // namespace
}  // namespace tf_injector::detail
