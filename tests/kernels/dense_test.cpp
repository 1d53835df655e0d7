// The SIMD dense kernel against the reference, in every bit, and TensorFlow's blocks of the sum.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/random_values.hpp"
#include "kernels/ref/reference.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

using Blocks = std::vector<int64_t>;

TEST(DenseBlocks, AreTensorFlows) {
  EXPECT_EQ(ref::dense_blocks(64, 10, 512), (Blocks{64}));
  EXPECT_EQ(ref::dense_blocks(384, 10, 512), (Blocks{384}));
  EXPECT_EQ(ref::dense_blocks(385, 10, 512), (Blocks{193, 192}));
  EXPECT_EQ(ref::dense_blocks(512, 10, 512), (Blocks{256, 256}));
  EXPECT_EQ(ref::dense_blocks(1024, 10, 512), (Blocks{384, 320, 320}));
  EXPECT_EQ(ref::dense_blocks(1280, 10, 512), (Blocks{384, 384, 256, 256}));
  EXPECT_EQ(ref::dense_blocks(4096, 10, 512),
            (Blocks{384, 384, 384, 384, 384, 384, 384, 384, 384, 320, 320}));
  EXPECT_EQ(ref::dense_blocks(1280, 10, 1), (Blocks{1280}));
  EXPECT_EQ(ref::dense_blocks(512, 4096, 512), (Blocks{256, 256}));
  EXPECT_EQ(ref::dense_blocks(1024, 4096, 100), (Blocks{384, 320, 320}));
  EXPECT_EQ(ref::dense_blocks(1024, 4096, 101), (Blocks{384, 384, 256}));
  EXPECT_EQ(ref::dense_blocks(1024, 1, 101), Blocks{});  // eight lanes
}

class DenseTest : public testing::TestWithParam<test::Values> {};

TEST_P(DenseTest, EveryKernelSetEqualsTheReference) {
  std::mt19937 rng(99);
  for (int64_t inputs : {1, 5, 64, 385, 800}) {
    for (int64_t units : {1, 10, 16, 43, 100}) {
      for (int batch : {1, 2}) {
        const std::vector<Weight> weights{
            {"k", Shape{inputs, units}, test::random_values(rng, inputs * units, GetParam())},
            {"b", Shape{units}, test::random_values(rng, units, GetParam())}};
        const int images = 7;
        const AlignedBuffer in(std::span<const float>(test::random_values(rng, inputs * images, GetParam())));
        Patch patch{.weight = 0, .element = inputs * units / 2, .old_bits = 0, .new_bits = 0x7F000000};
        const auto run = [&](KernelSet set, bool patched) {
          KernelContext context{
              .weights = weights, .inputs = {Shape{inputs}}, .output = Shape{units}, .set = set};
          std::unique_ptr<Kernel> kernel =
              make_kernel(ops::Dense{.kernel = 0, .bias = 1, .units = units}, context);
          if (patched) kernel = kernel->patched(patch);
          AlignedBuffer out(static_cast<size_t>(units * images));
          const float* const pointers[] = {in.data()};
          kernel->run({.inputs = pointers, .output = out.data(), .images = images, .batch = batch});
          return std::vector<float>(out.data(), out.data() + out.size());
        };
        for (KernelSet set : available_kernel_sets()) {
          EXPECT_TRUE(test::same_bits(run(KernelSet::scalar, false), run(set, false)))
              << kernel_set_name(set);
          EXPECT_TRUE(test::same_bits(run(KernelSet::scalar, true), run(set, true))) << kernel_set_name(set);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, DenseTest,
                         testing::Values(test::Values::ordinary, test::Values::sparse, test::Values::nasty));

}  // namespace
}  // namespace tf_injector::detail
