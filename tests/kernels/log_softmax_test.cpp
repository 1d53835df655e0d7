// LogSoftmax: the bits of TensorFlow 2.14.1 (and 2.21), what NaN and Inf do, the last rows of a batch.
#include <gtest/gtest.h>

#include <cmath>

#include "core/aligned_buffer.hpp"
#include "kernels/kernel.hpp"
#include "kernels/ref/eigen_math.hpp"
#include "kernels/same_bits.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = bits_float(kCanonicalNan);

std::vector<float> floats(std::initializer_list<uint32_t> bits) {
  std::vector<float> values;
  for (uint32_t b : bits) values.push_back(bits_float(b));
  return values;
}

// Of one image of `shape` at a place of a batch.
std::vector<float> log_softmax(const std::vector<float>& in, const Shape& shape, int batch = 1,
                               int place = 0) {
  const KernelContext context{.inputs = {shape}, .output = shape};
  const AlignedBuffer input{std::span<const float>(in)};
  AlignedBuffer out(in.size());
  const float* const inputs[] = {input.data()};
  make_kernel(ops::LogSoftmax{}, context)
      ->run({.inputs = inputs, .output = out.data(), .images = 1, .batch = batch, .batch_index = place});
  return {out.data(), out.data() + out.size()};
}

std::vector<float> log_softmax(const std::vector<float>& in) {
  return log_softmax(in, Shape{static_cast<int64_t>(in.size())});
}

TEST(LogSoftmax, HasTensorFlowsBits) {
  const auto in = floats({0xC04D4B61, 0xC0A98498, 0xBF7E5282, 0x3FD74499, 0x409169F9, 0x3EE0ADC0, 0xC00D7A4B,
                          0xC048E75E, 0x403FADCE, 0x40D14092, 0x3F8BA859, 0xC09DDDB7, 0xC07550DE, 0x40CCCD6D,
                          0x3F4FC06A, 0xC0DDB698, 0xBEAB68E9, 0xC094E497, 0xC0211906});
  const auto expected =
      floats({0xC12778C6, 0xC148E83A, 0xC1040B16, 0xC0B27AB6, 0xC02DC3C7, 0xC0DA4100, 0xC1178481, 0xC1265FC5,
              0xC08874F6, 0xBF385A54, 0xC0C561C6, 0xC14314C9, 0xC1317A25, 0xBF5BF37C, 0xC0CE53D0, 0xC163013A,
              0xC0F3026C, 0xC13E9839, 0xC11C6C2F});
  EXPECT_TRUE(test::same_bits(expected, log_softmax(in)));
}

TEST(LogSoftmax, PassesNanAndInfOnAsTensorFlowDoes) {
  const std::vector<float> all_nan(3, kNan);
  EXPECT_TRUE(test::same_bits(all_nan, log_softmax({kNan, 1, 2})));
  EXPECT_TRUE(test::same_bits(all_nan, log_softmax({1, kNan, 2})));
  EXPECT_TRUE(test::same_bits(all_nan, log_softmax({1, kInf, 2})));
  EXPECT_TRUE(test::same_bits(all_nan, log_softmax({-kInf, -kInf, -kInf})));
  EXPECT_TRUE(test::same_bits(floats({0xBFA818F5, 0xFF800000, 0xBEA063D5}), log_softmax({1, -kInf, 2})));
  EXPECT_TRUE(test::same_bits(std::vector<float>{0.0f, -kInf, -3e38f}, log_softmax({3e38f, -3e38f, 0})));
  EXPECT_TRUE(test::same_bits(std::vector<float>{0.0f}, log_softmax({5})));
}

// The rows of a batch are taken eight at once; the C library makes the logarithms of those left over.
TEST(LogSoftmax, TheLastRowsOfABatchGoAnotherWay) {
  int different = 0;
  for (int i = 0; i < 200; ++i) {
    const float a = 0.01f * static_cast<float>(i);
    const std::vector<float> row{a, 0.5f, -1.0f, 2.0f, 0.25f};
    const float sum =
        ref::eigen_row_sum(5, [&](int64_t c) { return ref::library_exp(row[size_t(c)] - 2.0f); });
    const auto inside = log_softmax(row, Shape{5}, 9, 7), last = log_softmax(row, Shape{5}, 9, 8);
    EXPECT_EQ(inside[3], 0.0f - ref::eigen_log(sum));
    EXPECT_EQ(last[3], 0.0f - ref::library_log(sum));
    different += inside[3] != last[3] ? 1 : 0;
  }
  EXPECT_GT(different, 0);
}

TEST(LogSoftmax, WorksAlongTheLastAxis) {
  const std::vector<float> in{1, 2, 3, 0, 0, -1};
  const auto both = log_softmax(in, Shape{2, 3});
  const auto first = log_softmax({1, 2, 3}), second = log_softmax({0, 0, -1});
  EXPECT_TRUE(test::same_bits(first, std::vector<float>(both.begin(), both.begin() + 3)));
  EXPECT_TRUE(test::same_bits(second, std::vector<float>(both.begin() + 3, both.end())));
}

TEST(LibraryLog, IsTheCLibrarys) {
  for (uint32_t bits = 0x00800000; bits < 0x7F800000; bits += 9973)
    ASSERT_EQ(ref::library_log(bits_float(bits)), std::log(bits_float(bits))) << std::hex << bits;
  EXPECT_EQ(ref::library_log(0.0f), -kInf);
  EXPECT_EQ(ref::library_log(kInf), kInf);
  EXPECT_TRUE(std::isnan(ref::library_log(-1.0f)) && std::isnan(ref::library_log(kNan)));
}

}  // namespace
}  // namespace tf_injector::detail
