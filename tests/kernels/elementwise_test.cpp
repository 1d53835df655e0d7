// Batch normalisation, activation and add: every kernel set equals the reference; NaN, Inf and signed zeros
// as in TensorFlow.
#include "kernels/elementwise.hpp"

#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector {
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

TEST(Elementwise, ReluPassesNan) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), inf = std::numeric_limits<float>::infinity();
  const AlignedBuffer in(std::vector<float>{nan, -inf, inf, -1.0f, 7.0f});
  for (KernelSet set : available_kernel_sets()) {
    KernelContext context{.inputs = {Shape{5}}, .output = Shape{5}, .set = set};
    std::vector<float> out(5);
    const float* const inputs[] = {in.data()};
    make_kernel(ops::Activation{ops::ActivationKind::relu}, context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(std::vector<float>{nan, 0.0f, inf, 0.0f, 7.0f}, out)) << kernel_set_name(set);
    make_kernel(ops::Activation{ops::ActivationKind::relu6}, context)
        ->run({.inputs = inputs, .output = out.data(), .images = 1});
    EXPECT_TRUE(test::same_bits(std::vector<float>{nan, 0.0f, 6.0f, 0.0f, 6.0f}, out))
        << kernel_set_name(set);
  }
}

}  // namespace
}  // namespace tf_injector
