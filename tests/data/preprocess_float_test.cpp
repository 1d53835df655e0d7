// float32 images of 0..255 get the arithmetic of uint8 images. Expected values: NumPy 1.26 and
// TensorFlow 2.14, as bits.
#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <vector>

#include "data/preprocess.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::data {
namespace {

const Normalization kGtsrb{.mean = {0.3403f, 0.3121f, 0.3214f}, .std = {0.2724f, 0.2608f, 0.2669f}};
const std::vector<float> kImages{0.0f, 255.0f, 127.5f, 0.1f, 200.3f, 17.75f, 254.99f, 3.0f, 88.125f};

std::vector<uint32_t> bits(Scaling scaling, const std::optional<Normalization>& normalization) {
  std::vector<float> out(kImages.size());
  preprocess(std::span<const float>(kImages), 3, {scaling, normalization}, out);
  std::vector<uint32_t> result;
  for (const float value : out) result.push_back(std::bit_cast<uint32_t>(value));
  return result;
}

TEST(PreprocessFloat, DividesAsNumpyDoes) {
  EXPECT_EQ(bits(Scaling::numpy, kGtsrb),
            (std::vector<uint32_t>{0xBF9FE7F1, 0x4028CF50, 0x3F2B4E5E, 0xBF9FB8C4, 0x3FE856B9, 0xBF718256,
                                   0x401AFC84, 0xBF936761, 0x3DB99A76}));
  EXPECT_EQ(bits(Scaling::numpy, std::nullopt),
            (std::vector<uint32_t>{0x00000000, 0x3F800000, 0x3F000000, 0x39CD9A67, 0x3F4915E3, 0x3D8E8E8F,
                                   0x3F7FFD6E, 0x3C40C0C1, 0x3EB0F0F1}));
}

TEST(PreprocessFloat, MultipliesAsTensorflowDoes) {
  EXPECT_EQ(bits(Scaling::tensorflow, kGtsrb),
            (std::vector<uint32_t>{0xBF9FE7F1, 0x4028CF50, 0x3F2B4E5E, 0xBF9FB8C4, 0x3FE856BB, 0xBF718256,
                                   0x401AFC84, 0xBF936761, 0x3DB99A85}));
}

TEST(PreprocessFloat, RefusesANormalizationForOtherChannels) {
  std::vector<float> out(kImages.size());
  EXPECT_THROW(preprocess(std::span<const float>(kImages), 1, {Scaling::numpy, kGtsrb}, out), DatasetError);
}

}  // namespace
}  // namespace tf_injector::detail::data
