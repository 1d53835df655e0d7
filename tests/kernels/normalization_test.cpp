// Softmax, LayerNormalization, and BatchNormalization that is not on images: TensorFlow 2.14.1's bits, NaN.
#include <gtest/gtest.h>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

std::vector<float> floats(std::initializer_list<uint32_t> bits) {
  std::vector<float> values;
  for (uint32_t b : bits) values.push_back(bits_float(b));
  return values;
}

template <class Op>
std::vector<float> run(const Op& op, const std::vector<float>& in, std::span<const Weight> weights,
                       KernelSet set) {
  const Shape shape{static_cast<int64_t>(in.size())};
  const KernelContext context{.weights = weights, .inputs = {shape}, .output = shape, .set = set};
  const AlignedBuffer input{std::span<const float>(in)};
  AlignedBuffer out(in.size());
  const float* const inputs[] = {input.data()};
  make_kernel(op, context)->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = 8});
  return {out.data(), out.data() + out.size()};
}

TEST(Softmax, HasTensorFlowsBits) {
  const auto in = floats({0xC04D4B61, 0xC0A98498, 0xBF7E5282, 0x3FD74499, 0x409169F9, 0x3EE0ADC0, 0xC00D7A4B,
                          0xC048E75E, 0x403FADCE, 0x40D14092});
  const auto expected = floats({0x38509C94, 0x36CE7AFD, 0x39EEB993, 0x3BD893F2, 0x3DECEE35, 0x3AF9F507,
                                0x390D5C63, 0x385F6CF9, 0x3CC94FFF, 0x3F59BBC0});
  for (KernelSet set : available_kernel_sets())
    EXPECT_TRUE(test::same_bits(expected, run(ops::Softmax{}, in, {}, set))) << kernel_set_name(set);
}

// What oneDNN's instructions make of NaN is not what a formula would: a NaN in front is forgotten by the
// maximum, one at the end becomes the maximum of its lane only.
TEST(Softmax, TreatsNanAsTensorFlowDoes) {
  const float nan = bits_float(kCanonicalNan), inf = std::numeric_limits<float>::infinity();
  const std::vector<float> ones(9, 1.0f);
  std::vector<float> first{nan}, last = ones;
  first.insert(first.end(), ones.begin(), ones.end());
  last.push_back(nan);
  const std::vector<float> zeros(10, 0.0f);
  std::vector<float> nan_first = zeros;
  nan_first[0] = nan;
  for (KernelSet set : available_kernel_sets()) {
    const auto softmax = [&](const std::vector<float>& in) { return run(ops::Softmax{}, in, {}, set); };
    EXPECT_TRUE(test::same_bits(nan_first, softmax(first)));
    EXPECT_EQ(softmax(last)[0], 0.0f);
    EXPECT_TRUE(test::same_bits(std::vector<float>(10, nan), softmax(std::vector<float>(10, nan))));
    EXPECT_TRUE(test::same_bits(std::vector<float>(10, nan), softmax(std::vector<float>(10, -inf))));
  }
}

TEST(LayerNormalization, HasTensorFlowsBits) {
  const auto in = floats({0x3E8BA859, 0xBF9DDDB7, 0xBF7550DE, 0x3FCCCD6D, 0x3E4FC06A, 0xBFDDB698, 0xBDAB68E9,
                          0xBF94E497, 0xBF211906, 0xBEF9DBE6, 0xBF369BB5, 0x3F0DAA36, 0xBD813338, 0xBF16E4F8,
                          0x3ED1BC0D, 0x3F547166, 0xBFD24E97, 0xBE837222, 0xBF7B1242, 0xBE314F9A});
  const std::vector<Weight> weights{
      {"gamma", Shape{20},
       floats({0xBFA50BAC, 0x3CA97EE7, 0xBD1B2E14, 0xBE9BD228, 0xBF862275, 0xBECAD976, 0xBF8BB0AA,
               0xBFAD777B, 0x3E662E3B, 0xBF8DFF2E, 0x3F95CC43, 0x3F37724A, 0xBFFFB875, 0x3E8B547A,
               0xBF8D050D, 0x3D076702, 0x3D32B776, 0xBFFE84DE, 0xBE6F0650, 0xBE82F6E9})},
      {"beta", Shape{20},
       floats({0x3F7645AB, 0xBF9739A6, 0x3F3CF050, 0xBF8CAB24, 0xBEA99EF6, 0xBF572940, 0x3FB97007,
               0x3F11766A, 0x401BA181, 0x3F2454A2, 0x3F585172, 0x3F5736FE, 0xBF1B4AE5, 0xBD8F6B13,
               0x3FACD98B, 0xBECB08B4, 0x3E4154AA, 0xBCADDCD3, 0x3F1BF59D, 0xBEBAD552})}};
  const auto fused =
      floats({0xB960C000, 0xBF9A174D, 0x3F4431FB, 0xBFE88120, 0xBF831F31, 0xBE2FF884, 0x3F8DA4EB,
              0x3FF5ADB7, 0x40169CD2, 0x3F56AFB6, 0x3EA280FA, 0x3FCF4CE6, 0xBFA436BC, 0xBE1B6E01,
              0x3EB0BCBC, 0xBEB2F518, 0x3DF585FB, 0xBE685DE8, 0x3F4A4CA1, 0xBED5AB1E});
  const auto moments =
      floats({0xBA721200, 0xBF9A17D7, 0x3F44335A, 0xBFE89273, 0xBF832FEE, 0xBE2F7760, 0x3F8D9CA9,
              0x3FF5CE56, 0x40169BE0, 0x3F56B936, 0x3EA24E08, 0x3FCF5FB4, 0xBFA44712, 0xBE1B7DCC,
              0x3EB05BA8, 0xBEB2F08D, 0x3DF56B5C, 0xBE6885A8, 0x3F4A555E, 0xBED5B02E});
  for (KernelSet set : available_kernel_sets()) {
    EXPECT_TRUE(test::same_bits(fused, run(ops::LayerNormalization{0, 1, 1e-3f, true}, in, weights, set)));
    EXPECT_TRUE(test::same_bits(moments, run(ops::LayerNormalization{0, 1, 1e-6f, false}, in, weights, set)));
  }
}

TEST(BatchNormalization, OfADenseLayerHasTensorFlowsBits) {
  const auto in = floats({0x3EF54EF9, 0xBFC9BD50, 0x3FDDE44C, 0x3EB21433, 0xBF710076, 0x3F68345C, 0x3C90A280,
                          0xBF1D7EF6, 0xBF222DA4});
  const std::vector<Weight> weights{{"gamma", Shape{9},
                                     floats({0xBE1C04C1, 0x3E7832D6, 0x3DD2FDCC, 0xBF5D6EDB, 0x3F65520A,
                                             0xBFA634A2, 0xBF99BE28, 0xBFA428B1, 0x3F778B7F})},
                                    {"beta", Shape{9},
                                     floats({0xBEB8A1A9, 0xBF7895D7, 0xBF916926, 0x3ED79E80, 0xBF870505,
                                             0xBFA2D375, 0x3F1D2EA6, 0xBF992DB8, 0xBEA5169D})},
                                    {"mean", Shape{9},
                                     floats({0xBBDD8FE9, 0xBEE402FF, 0xBD5D91A1, 0x3FAB5CEE, 0xBF04532D,
                                             0xBFA130FA, 0xBFEB1A7C, 0xBE51AE35, 0xBEB45B08})},
                                    {"variance", Shape{9},
                                     floats({0x3E87B9FF, 0x3EEDB178, 0x3EF5101A, 0x3F38A826, 0x3F050EFA,
                                             0x3E241278, 0x3EC2BD98, 0x3DCDB475, 0x3FF35A1A})}};
  const auto expected = floats({0xBF010E13, 0xBFAFB99F, 0xBF5EBEDA, 0x3FB6FFB6, 0xBFCA7898, 0xC104717B,
                                0xC03F8A90, 0x3EE97F30, 0xBF05064A});
  for (KernelSet set : available_kernel_sets()) {
    EXPECT_TRUE(
        test::same_bits(expected, run(ops::BatchNormalization{0, 1, 2, 3, 1e-3f, false}, in, weights, set)));
  }
}

}  // namespace
}  // namespace tf_injector::detail
