// Batch normalisation, activation and add: every kernel set equals the reference; NaN, Inf and signed zeros
// as in TensorFlow.
#include "kernels/elementwise.hpp"

#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

TEST(Elementwise, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(7);
  for (int64_t channels : {1, 3, 8, 10, 16, 17, 64}) {
    std::vector<Weight> weights;
    for (int i = 0; i < 4; ++i) {
      weights.push_back({"w", Shape{channels}, test::random_values(rng, channels, test::Values::nasty)});
    }
    for (float& v : weights[3].values) v = std::fabs(v);
    const Shape shape{3, 5, channels};
    const int images = 3;
    const AlignedBuffer a(
        std::span<const float>(test::random_values(rng, shape.elements() * images, test::Values::nasty)));
    const AlignedBuffer b(
        std::span<const float>(test::random_values(rng, shape.elements() * images, test::Values::nasty)));
    for (int options = 0; options < 12; ++options) {
      KernelContext context{.weights = weights, .inputs = {shape}, .output = shape};
      if ((options & 1) != 0)
        context.epilogue.batch_normalization = ops::BatchNormalization{0, 1, 2, 3, 1e-5f};
      context.epilogue.add = (options & 2) != 0;
      if (options / 4 == 1) context.epilogue.activation = ops::ActivationKind::relu;
      if (options / 4 == 2) context.epilogue.activation = ops::ActivationKind::relu6;
      const auto run = [&](KernelSet set) {
        context.set = set;
        AlignedBuffer out(a.size());
        const float* const inputs[] = {a.data(), b.data()};
        make_elementwise(context)->run({.inputs = {inputs, context.epilogue.add ? 2u : 1u},
                                        .output = out.data(),
                                        .images = images,
                                        .batch = 2});
        return std::vector<float>(out.data(), out.data() + out.size());
      };
      for (KernelSet set : available_kernel_sets()) {
        EXPECT_TRUE(test::same_bits(run(KernelSet::scalar), run(set)))
            << kernel_set_name(set) << " options " << options;
      }
    }
  }
}

TEST(Elementwise, AddOfOneInputIsACopyAndTheActivation) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const AlignedBuffer in(std::vector<float>{nan, -1.0f, 7.0f, -0.0f, 2.5f});
  for (KernelSet set : available_kernel_sets()) {
    KernelContext context{.inputs = {Shape{5}}, .output = Shape{5}, .set = set};
    std::vector<float> out(5, 99.0f);
    const float* const inputs[] = {in.data()};
    make_kernel(ops::Add{}, context)->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(in.span(), std::span<const float>(out))) << kernel_set_name(set);
    context.epilogue.activation = ops::ActivationKind::relu;
    make_kernel(ops::Add{}, context)->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(std::vector<float>{nan, 0.0f, 7.0f, 0.0f, 2.5f}, out))
        << kernel_set_name(set);
    context.inputs.clear();
    EXPECT_THROW(static_cast<void>(make_kernel(ops::Add{}, context)), ModelError);
  }
}

TEST(Elementwise, ReluPassesNanAndDropsTheSignOfZero) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const AlignedBuffer in(std::vector<float>{nan, -inf, inf, -1.0f, 7.0f, -0.0f});
  for (KernelSet set : available_kernel_sets()) {
    KernelContext context{.inputs = {Shape{6}}, .output = Shape{6}, .set = set};
    std::vector<float> out(6);
    const float* const inputs[] = {in.data()};
    make_kernel(ops::Activation{ops::ActivationKind::relu}, context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(std::vector<float>{nan, 0.0f, inf, 0.0f, 7.0f, 0.0f}, out))
        << kernel_set_name(set);
    make_kernel(ops::Activation{ops::ActivationKind::relu6}, context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(std::vector<float>{nan, 0.0f, 6.0f, 0.0f, 6.0f, 0.0f}, out))
        << kernel_set_name(set);
  }
}

// Computed by TensorFlow 2.14.1: four channels end in one fma, three do not (docs/numerics.md).
TEST(Elementwise, BatchNormalizationHasTensorFlowsBits) {
  const auto floats = [](std::initializer_list<uint32_t> bits) {
    std::vector<float> values;
    for (uint32_t b : bits) values.push_back(bits_float(b));
    return values;
  };
  struct Fact {
    std::vector<float> x, gamma, beta, mean, variance, expected;
  };
  const Fact facts[] = {
      {floats({0xBF0A74E9, 0xBC99841A, 0x3FBDD78B, 0xBF839392}),
       floats({0x3F065A9E, 0xBF89BF37, 0x3FF469CC, 0xBF4E24C8}),
       floats({0x3ED74A29, 0x3FF9279D, 0x3F14707D, 0x3FA1F5E5}),
       floats({0x3FCB6EFE, 0xBFF24507, 0xBF8CD7F2, 0x3F1E09EC}),
       floats({0x3F94B65D, 0x3F07A0A3, 0x3FA609AA, 0x3E8BFB0F}),
       floats({0xBF1DC2AF, 0xBF5250B1, 0x409D1AAB, 0x4072D8DD})},
      {floats({0xBFC8DD82, 0x3FB1B906, 0x3F215F06}), floats({0x3E8D9859, 0x3E373778, 0xBF4C6FF7}),
       floats({0x3F3E8401, 0xBEF72E65, 0xBE801B48}), floats({0xBF23576C, 0xBF0F7D80, 0xBE302F04}),
       floats({0x3F4424E6, 0x3F5756B7, 0x3F4FD9DB}), floats({0x3EE67E80, 0xBDD28218, 0xBF75FEDB})}};
  for (const Fact& fact : facts) {
    const auto channels = static_cast<int64_t>(fact.x.size());
    const Shape shape{channels};
    const std::vector<Weight> weights{{"gamma", shape, fact.gamma},
                                      {"beta", shape, fact.beta},
                                      {"mean", shape, fact.mean},
                                      {"variance", shape, fact.variance}};
    for (KernelSet set : available_kernel_sets()) {
      const KernelContext context{.weights = weights, .inputs = {shape}, .output = shape, .set = set};
      AlignedBuffer in(fact.x.size());
      for (size_t c = 0; c < in.size(); ++c) in[c] = fact.x[c];
      std::vector<float> out(fact.x.size());
      const float* const inputs[] = {in.data()};
      make_kernel(ops::BatchNormalization{0, 1, 2, 3, 1e-3f}, context)
          ->run({.inputs = inputs, .output = out.data(), .images = 1});
      EXPECT_TRUE(test::same_bits(fact.expected, out)) << kernel_set_name(set) << ", " << channels;
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
