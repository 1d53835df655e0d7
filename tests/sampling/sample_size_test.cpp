// The formulas of statistical fault injection, against values worked out by hand.
#include "sampling/sample_size.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

namespace tf_injector::detail {
namespace {

// Of kernels that are stored as float32.
std::vector<double> probabilities_of(const std::vector<std::span<const float>>& kernels) {
  std::vector<Weight> weights;
  for (const std::span<const float> kernel : kernels)
    weights.push_back({"kernel", {static_cast<int64_t>(kernel.size())}, {kernel.begin(), kernel.end()}});
  std::vector<const Weight*> pointers;
  for (const Weight& weight : weights) pointers.push_back(&weight);
  return bit_probabilities(pointers);
}

// Tables of the normal distribution.
TEST(SampleSize, QuantilesToTwoDecimals) {
  EXPECT_EQ(normal_quantile(0.80), 1.28);
  EXPECT_EQ(normal_quantile(0.90), 1.64);
  EXPECT_EQ(normal_quantile(0.95), 1.96);
  EXPECT_EQ(normal_quantile(0.98), 2.33);
  EXPECT_EQ(normal_quantile(0.99), 2.58);
  EXPECT_EQ(normal_quantile(0.998), 3.09);
}

TEST(SampleSize, PublishedSizes) {
  // ResNet20, 268,336 weights: DATE 2023 with two faults a bit, and flips.
  EXPECT_NEAR(sample_size(64 * 268336.0, 0.01, 2.58, 0.5), 16625, 0.5);
  EXPECT_NEAR(sample_size(32 * 268336.0, 0.01, 2.58, 0.5), 16609, 0.5);
  // Infinitely many: 2.58^2 x 0.25 / 0.01^2 = 16,641.
  EXPECT_NEAR(sample_size(1e15, 0.01, 2.58, 0.5), 16641, 0.01);
}

TEST(SampleSize, ByHand) {
  // 101 / (1 + 0.01 x 100 / (4 x 0.25)) = 101 / 2
  EXPECT_DOUBLE_EQ(sample_size(101, 0.1, 2, 0.5), 50.5);
  // 1001 / (1 + 0.0025 x 1000 / (4 x 0.16)) = 1001 / 4.90625
  EXPECT_DOUBLE_EQ(sample_size(1001, 0.05, 2, 0.2), 1001 / 4.90625);
  EXPECT_DOUBLE_EQ(sample_size(1001, 0.05, 2, 0.8), sample_size(1001, 0.05, 2, 0.2));
  EXPECT_DOUBLE_EQ(sample_size(1, 0.01, 2.58, 0.5), 1);
  EXPECT_EQ(sample_size(1000, 0.01, 2.58, 0), 0);  // certain: nothing to ask
  EXPECT_EQ(sample_size(1000, 0.01, 2.58, 1), 0);
  EXPECT_EQ(sample_size(0, 0.01, 2.58, 0.5), 0);
}

TEST(SampleSize, MarginByHand) {
  // 2 sqrt(0.25 / 50 x 51 / 100) = 2 sqrt(0.00255)
  EXPECT_DOUBLE_EQ(margin_of(101, 50, 2, 0.5), 2 * std::sqrt(0.00255));
  // 2 sqrt(0.16 / 200 x 801 / 1000)
  EXPECT_DOUBLE_EQ(margin_of(1001, 200, 2, 0.2), 2 * std::sqrt(0.16 / 200 * 801 / 1000));
  EXPECT_EQ(margin_of(100, 100, 2.58, 0.5), 0);  // all are known
  EXPECT_EQ(margin_of(100, 0, 2.58, 0.5), 1);    // nothing is
  EXPECT_EQ(margin_of(1000, 1, 2.58, 0.5), 1);   // 1.29: a share is not farther off than 1
  EXPECT_EQ(margin_of(1000, 30, 2.58, 0), margin_of(1000, 30, 2.58, 0.5));
  EXPECT_EQ(margin_of(1000, 30, 2.58, 1), margin_of(1000, 30, 2.58, 0.5));
}

TEST(SampleSize, SizesReachTheirMargin) {
  for (const double population : {50.0, 864.0, 73728.0, 1e9}) {
    for (const double p : {0.5, 0.1, 0.003}) {
      const double n = sample_size(population, 0.02, 2.58, p);
      const auto whole = static_cast<int64_t>(std::ceil(n)), all = static_cast<int64_t>(population);
      EXPECT_LE(margin_of(all, whole, 2.58, p), 0.02) << population << " " << p;
      if (whole == 1) continue;
      EXPECT_GT(margin_of(all, whole - 1, 2.58, p), 0.02) << population << " " << p;
    }
  }
}

// Weights of one value: what each flip does can be written down. 1.5 = 0x3fc00000.
TEST(BitProbabilities, OfOneWeight) {
  const std::vector<float> values{1.5f};
  const std::vector<std::span<const float>> kernels{values};
  const std::vector<double> p = probabilities_of(kernels);
  ASSERT_EQ(p.size(), 32u);
  // Bit 30 makes the exponent 255: a NaN. Bit 31: 3. Bits 29 to 24 divide by 2^64, 2^32, ..., 4: nearly 1.5
  // away; bit 23 by 2: 0.75; bit 22: 0.5; bit i below: 2^(i - 23). The median of the others lies near
  // 2^-8, so none but bit 30 is 1,000 times as much.
  const double least = std::ldexp(1.0, -23), largest = 3;
  const auto scaled = [&](double distance) { return 0.5 * (distance - least) / (largest - least); };
  EXPECT_EQ(p[30], 0.5);
  EXPECT_EQ(p[31], 0.5);
  EXPECT_EQ(p[0], 0);
  EXPECT_DOUBLE_EQ(p[23], scaled(0.75));
  EXPECT_DOUBLE_EQ(p[24], scaled(1.5 - 1.5 / 4));
  EXPECT_DOUBLE_EQ(p[22], scaled(0.5));
  EXPECT_DOUBLE_EQ(p[10], scaled(std::ldexp(1.0, -13)));
}

// The mean over all kernels together, not the mean of their means.
TEST(BitProbabilities, AllKernelsCountByTheirSize) {
  const std::vector<float> many(3, 1.0f), one{0.25f}, together{1.0f, 1.0f, 1.0f, 0.25f};
  const std::vector<std::span<const float>> apart{many, one}, joined{together};
  EXPECT_EQ(probabilities_of(apart), probabilities_of(joined));
  // Bit 22, half of the weight: (3 x 0.5 + 0.125) / 4. The sign, twice of it: (3 x 2 + 0.5) / 4, the largest.
  const double least = (3 * std::ldexp(1.0, -23) + std::ldexp(1.0, -25)) / 4;
  const std::vector<double> p = probabilities_of(apart);
  EXPECT_DOUBLE_EQ(p[22], 0.5 * (1.625 / 4 - least) / (6.5 / 4 - least));
}

// 0.03 = 0x3cf5c28f: a flip of bit 30 makes it 1.0e37, of bit 25 0.48, of bit 24 0.12, of all others less
// than 0.061 away; the median is 6.1e-5.
TEST(BitProbabilities, OutliersAreAThousandTimesTheMedian) {
  const std::vector<float> values(10, 0.03f);
  const std::vector<std::span<const float>> kernels{values};
  std::vector<double> distances;
  for (int bit = 0; bit < 32; ++bit) {
    const auto flipped = std::bit_cast<float>(0x3cf5c28fu ^ (1u << bit));
    distances.push_back(std::fabs(static_cast<double>(flipped) - static_cast<double>(0.03f)));
  }
  const std::vector<double> p = probabilities_of(kernels);
  double least = std::numeric_limits<double>::infinity(), largest = 0;
  std::vector<int> outliers;
  for (size_t bit = 0; bit < 32; ++bit) {
    std::vector<double> others = distances;
    others.erase(others.begin() + static_cast<std::ptrdiff_t>(bit));
    std::sort(others.begin(), others.end());
    if (distances[bit] > 1000 * others[15]) {
      outliers.push_back(static_cast<int>(bit));
      EXPECT_EQ(p[bit], 0.5) << bit;
    } else {
      least = std::min(least, distances[bit]);
      largest = std::max(largest, distances[bit]);
    }
  }
  EXPECT_THAT(outliers, testing::ElementsAre(24, 25, 30));
  for (const size_t bit : {0u, 12u, 22u, 23u, 26u, 27u, 28u, 29u, 31u})
    EXPECT_NEAR(p[bit], 0.5 * (distances[bit] - least) / (largest - least), 1e-12) << bit;
}

TEST(BitProbabilities, WeightsThatAreNoNumbersMakeTheirBitsOutliers) {
  const std::vector<float> values{0.5f, std::numeric_limits<float>::quiet_NaN(), 0.25f};
  const std::vector<std::span<const float>> kernels{values};
  for (const double p : probabilities_of(kernels)) EXPECT_EQ(p, 0.5);
}

TEST(BitProbabilities, ZerosHaveAScaleToo) {
  const std::vector<float> values(4, 0.0f);  // bit 30 of 0 is 2, the sign changes nothing
  const std::vector<std::span<const float>> kernels{values};
  const std::vector<double> p = probabilities_of(kernels);
  EXPECT_EQ(p[31], 0);
  EXPECT_EQ(p[30], 0.5);
  for (const double share : p) EXPECT_TRUE(share >= 0 && share <= 0.5);
}

}  // namespace
}  // namespace tf_injector::detail
