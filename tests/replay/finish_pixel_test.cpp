// From sums to an output pixel, against plain loops: epilogue, what differs from golden, what is kept of it.
#include "replay/finish_pixel.hpp"

#include <bit>
#include <numeric>

#include "replay/prepared_network.hpp"

namespace tf_injector::detail {
namespace {

using replay::LaneMask;
using replay::PackedActivations;
using test::PreparedNetwork;

constexpr int kAdded = 1, kValue = 2;  // the operand of the Add; the value that is written
constexpr int64_t kSide = 2, kChannels = 11;

PreparedNetwork prepared(std::mt19937& rng, const replay::Shortcuts& shortcuts = {}) {
  return {test::convolutions(rng, kSide, {kChannels, kChannels}),
          test::random_values(rng, kSide * kSide * 3, test::Values::ordinary), shortcuts};
}

// Per-channel parameters, a vector of padding behind.
AlignedBuffer parameters(std::mt19937& rng) {
  AlignedBuffer buffer(kChannels + replay::simd::kMaxWidth);
  std::normal_distribution<float> normal;
  for (int64_t c = 0; c < kChannels; ++c) buffer[static_cast<size_t>(c)] = normal(rng);
  return buffer;
}

// docs/numerics.md, in its order; multiples of four channels are as others here: the parameters are given.
float finished(float y, const simd::EpilogueCall& e, int64_t c, const float* add) {
  if (e.bias != nullptr) y = y + e.bias[c];
  if (e.mean != nullptr) y = std::fma((y - e.mean[c]) * e.istd[c], e.gamma[c], e.beta[c]);
  if (add != nullptr) y = y + *add;
  if (e.relu) y = y <= 0.0f ? 0.0f : y;
  if (e.relu6) y = y > 6.0f ? 6.0f : y;
  return y;
}

struct Epilogue {
  AlignedBuffer bias, mean, istd, gamma, beta;
  simd::EpilogueCall call;
  bool has_add;

  Epilogue(std::mt19937& rng, int kind)
      : bias(parameters(rng)),
        mean(parameters(rng)),
        istd(parameters(rng)),
        gamma(parameters(rng)),
        beta(parameters(rng)),
        has_add((kind & 4) != 0) {
    if ((kind & 1) != 0) call.bias = bias.data();
    if ((kind & 2) != 0) {
      call.mean = mean.data();
      call.istd = istd.data();
      call.gamma = gamma.data();
      call.beta = beta.data();
    }
    call.relu = (kind & 8) != 0;
    call.relu6 = (kind & 16) != 0;
  }
};

float any_value(std::mt19937& rng) {
  constexpr float kSome[] = {0.0f, -0.0f, HUGE_VALF, -HUGE_VALF, std::numeric_limits<float>::quiet_NaN()};
  return rng() % 6 == 0 ? kSome[rng() % std::size(kSome)] : 4 * std::normal_distribution<float>()(rng);
}

TEST(FinishPixel, EqualsPlainLoopsForEveryEpilogue) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(131);
  const PreparedNetwork network = prepared(rng);
  const int width = network.replay_plan.table().width();
  std::vector<int32_t> channels(kChannels);
  std::iota(channels.begin(), channels.end(), 0);
  for (int round = 0; round < 200; ++round) {
    const Epilogue epilogue(rng, round % 32);
    const int lanes = 1 + static_cast<int>(rng() % static_cast<uint32_t>(width));
    const auto p = static_cast<int64_t>(rng() % 4);
    PackedActivations values(network.replay_plan, network.golden);
    values.reset(lanes);
    values.begin(kValue);
    values.begin(kAdded);
    LaneMask some = 0;  // that have sums: those that differ in the operand, and others
    for (int lane = 0; lane < lanes; ++lane)
      if (rng() % 3 != 0) some |= LaneMask{1} << lane;
    if (some == 0) some = 1;
    for (LaneMask left = epilogue.has_add ? some : 0; left != 0; left &= left - 1) {
      if (rng() % 2 == 0) continue;
      std::vector<replay::simd::LaneChange> changes = {
          {static_cast<int32_t>(rng() % kChannels), std::countr_zero(left), any_value(rng)}};
      values.merge(kAdded, p, changes);
    }
    AlignedBuffer sums(static_cast<size_t>(kChannels * width));
    std::vector<std::vector<float>> expected;  // by the places of the lanes
    LaneMask differs = 0;
    const float* golden = network.golden.pixel(kValue, p);
    int place = 0;
    for (LaneMask left = some; left != 0; left &= left - 1, ++place) {
      std::vector<float> add(kChannels);
      values.read(kAdded, p, std::countr_zero(left), add.data());
      expected.emplace_back();
      // Where nothing is done to the sums, some lanes are the golden run's.
      const bool is_golden = round % 32 == 0 && rng() % 2 == 0;
      for (int64_t c = 0; c < kChannels; ++c) {
        float& sum = sums[static_cast<size_t>(c * width + place)];
        sum = is_golden ? golden[c] : any_value(rng);
        expected.back().push_back(
            finished(sum, epilogue.call, c, epilogue.has_add ? &add[static_cast<size_t>(c)] : nullptr));
        if (float_bits(expected.back().back()) != float_bits(golden[c])) differs |= left & (0 - left);
      }
    }
    const int equal = replay::finish_pixel(
        network.replay_plan, network.golden, values,
        {.value = kValue, .position = p, .add = epilogue.has_add ? kAdded : -1}, epilogue.call,
        {.lanes = some,
         .sums = sums.data(),
         .channels = channels.data(),
         .count = kChannels,
         .nonzero_in = nullptr});
    EXPECT_EQ(values.changed_lanes(kValue, p), differs);
    EXPECT_EQ(equal, std::popcount(some) - std::popcount(differs));
    std::vector<float> pixel(kChannels);
    place = 0;
    for (LaneMask left = some; left != 0; left &= left - 1, ++place) {
      values.read(kValue, p, std::countr_zero(left), pixel.data());
      ASSERT_TRUE(test::same_bits(expected[static_cast<size_t>(place)], pixel)) << "round " << round;
    }
  }
}

// Channels that are not listed are +0 in every lane: three of the eleven, of golden values that are +0 there.
TEST(FinishPixel, ChannelsWithoutSumsAreZero) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(132);
  const PreparedNetwork network = prepared(rng);
  const float* golden = network.golden.pixel(kValue, 0);
  std::vector<int32_t> listed;
  for (int32_t c = 0; c < kChannels; ++c) {
    if (golden[c] != 0.0f) listed.push_back(c);
  }
  ASSERT_LT(listed.size(), static_cast<size_t>(kChannels)) << "the ReLU clips nothing";
  PackedActivations values(network.replay_plan, network.golden);
  values.reset(2);
  values.begin(kValue);
  const auto width = static_cast<size_t>(network.replay_plan.table().width());
  AlignedBuffer sums(static_cast<size_t>(kChannels) * width);
  for (size_t i = 0; i < listed.size(); ++i) sums[i * width] = 3.0f;
  EXPECT_EQ(replay::finish_pixel(network.replay_plan, network.golden, values, {.value = kValue}, {},
                                 {.lanes = 0b10,
                                  .sums = sums.data(),
                                  .channels = listed.data(),
                                  .count = static_cast<int32_t>(listed.size()),
                                  .nonzero_in = nullptr}),
            0);
  std::vector<float> pixel(kChannels), expected(kChannels, 0.0f);
  for (const int32_t c : listed) expected[static_cast<size_t>(c)] = 3.0f;
  values.read(kValue, 0, 1, pixel.data());
  EXPECT_TRUE(test::same_bits(expected, pixel));
  values.read(kValue, 0, 0, pixel.data());
  EXPECT_TRUE(test::same_bits({golden, kChannels}, pixel)) << "lane 0 has no sums";
}

TEST(FinishPixel, WithoutTheShortcutLanesThatAreGoldensAreKept) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(133);
  for (const bool early_end : {true, false}) {
    const PreparedNetwork network = prepared(rng, {.early_end = early_end});
    PackedActivations values(network.replay_plan, network.golden);
    values.reset(1);
    values.begin(kValue);
    const int width = network.replay_plan.table().width();
    AlignedBuffer sums(static_cast<size_t>(kChannels * width));
    std::vector<int32_t> channels(kChannels);
    std::iota(channels.begin(), channels.end(), 0);
    for (int64_t c = 0; c < kChannels; ++c)
      sums[static_cast<size_t>(c * width)] = network.golden.pixel(kValue, 3)[c];
    const int equal = replay::finish_pixel(network.replay_plan, network.golden, values,
                                           {.value = kValue, .position = 3}, {},
                                           {.lanes = 1,
                                            .sums = sums.data(),
                                            .channels = channels.data(),
                                            .count = kChannels,
                                            .nonzero_in = nullptr});
    EXPECT_EQ(equal, early_end ? 1 : 0);
    EXPECT_EQ(values.changed_lanes(kValue, 3), early_end ? 0u : 1u);
  }
}

}  // namespace
}  // namespace tf_injector::detail
