// The chains of replay, faults or output channels across the lanes, against std::fma one by one.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "replay/simd/packs.hpp"

namespace tf_injector::detail {
namespace {

using test::GuardedArray;
using test::PackValues;
using test::pick;

size_t idx(int64_t i) { return static_cast<size_t>(i); }

// Weights (inputs, cout) with a vector of padding, and where those of the rows begin, ascending.
struct Weights {
  Weights(std::mt19937& rng, const replay::simd::PackTable& table, int row_count, int channels,
          PackValues kind)
      : cout(channels) {
    const int inputs = row_count + pick(rng, 0, 5);
    values = test::pack_values(rng, int64_t{inputs} * cout + table.lanes, kind);
    at.resize(idx(inputs));
    for (int k = 0; k < inputs; ++k) at[idx(k)] = k * cout;
    while (static_cast<int>(at.size()) > row_count)
      at.erase(at.begin() + pick(rng, 0, static_cast<int>(at.size()) - 1));
    at.reserve(1);  // never null: that would be another call
  }
  [[nodiscard]] float of(int row, int channel) const { return values[idx(at[idx(row)] + channel)]; }

  int cout;
  std::vector<float> values;
  std::vector<int32_t> at;
};

bool is_negative_zero(float x) { return float_bits(x) == 0x80000000u; }

// acc = fma(x, w, acc) from +0, row by row.
template <class X>
float chain(const Weights& weights, int rows, int channel, X x) {
  float acc = 0.0f;
  for (int r = 0; r < rows; ++r) acc = std::fma(x(r), weights.of(r, channel), acc);
  return acc;
}

void expect_lane_sums(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int rows = pick(rng, 0, 40), cout = pick(rng, 1, 50);
  const int row_vectors = pick(rng, 1, replay::simd::kLaneVectors), vectors = pick(rng, 1, row_vectors);
  const int first = pick(rng, 0, row_vectors - vectors) * table.lanes;  // where the wanted vectors begin
  const int64_t stride = int64_t{row_vectors} * table.lanes, width = table.width();
  const Weights weights(rng, table, rows, cout, kind);
  const AlignedBuffer values{std::span<const float>(test::pack_values(rng, rows * stride, kind))};
  std::vector<int32_t> channels = test::some_of(rng, cout), sum_rows(idx(cout));
  std::shuffle(channels.begin(), channels.end(), rng);
  std::iota(sum_rows.begin(), sum_rows.end(), 0);
  std::shuffle(sum_rows.begin(), sum_rows.end(), rng);
  const bool add = test::flip(rng);
  std::vector<float> expected = test::pack_values(rng, cout * width, kind);
  GuardedArray<float> sums{std::span<const float>(expected)};
  bool negative_zero = false;
  for (size_t i = 0; i < channels.size(); ++i) {
    for (int lane = 0; lane < vectors * table.lanes; ++lane) {
      const float value =
          chain(weights, rows, channels[i], [&](int r) { return values[idx(r * stride + first + lane)]; });
      negative_zero |= is_negative_zero(value);
      float& sum = expected[idx(sum_rows[i] * width + first + lane)];
      sum = add ? sum + value : value;
    }
  }
  const bool found = table.lane_sums({.window = {.rows = rows,
                                                 .vectors = row_vectors,
                                                 .values = values.data() + first,
                                                 .weights = weights.values.data(),
                                                 .weight_at = weights.at.data()},
                                      .channels = channels.data(),
                                      .channel_count = static_cast<int32_t>(channels.size()),
                                      .sum_rows = sum_rows.data(),
                                      .vectors = vectors,
                                      .sums = sums.data() + first,
                                      .add_to_sums = add});
  ASSERT_TRUE(test::same_bits(expected, sums.span()));
  ASSERT_EQ(found, negative_zero);
  ASSERT_TRUE(sums.intact());
}

void expect_item_sums(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int rows = pick(rng, 0, 40), cout = pick(rng, 1, pick(rng, 1, 3) * 45), items = pick(rng, 1, 30);
  const Weights weights(rng, table, rows, cout, kind);
  const std::vector<int32_t> channels = test::some_of(rng, cout);
  const auto count = static_cast<int32_t>(channels.size());
  const std::vector<float> values = test::pack_values(rng, int64_t{rows + 1} * (items + 3), kind);
  std::vector<int32_t> value_at;
  for (int r = 0; r < rows; ++r) value_at.push_back(r * (items + 3) + pick(rng, 0, 3));
  const int channel_stride = items + pick(rng, 0, 4);
  const bool add = test::flip(rng);
  const bool packs = test::flip(rng) && cout <= table.lanes * replay::simd::kMostPackedVectors;
  std::vector<float> expected = test::pack_values(rng, int64_t{count} * channel_stride, kind);
  GuardedArray<float> sums{std::span<const float>(expected)};
  bool negative_zero = false;
  for (int32_t c = 0; c < count; ++c) {
    for (int item = 0; item < items; ++item) {
      const float value =
          chain(weights, rows, channels[idx(c)], [&](int r) { return values[idx(value_at[idx(r)] + item)]; });
      negative_zero |= is_negative_zero(value);
      float& sum = expected[idx(item + c * channel_stride)];
      sum = add ? sum + value : value;
    }
  }
  GuardedArray<float> packed(idx(rows * (count + table.lanes)));
  const bool found = table.item_sums({.rows = rows,
                                      .values = values.data(),
                                      .value_at = value_at.data(),
                                      .weights = weights.values.data(),
                                      .weight_at = weights.at.data(),
                                      .count = items,
                                      .channels = channels.data(),
                                      .channel_count = count,
                                      .packed = packs ? packed.data() : nullptr,
                                      .sums = sums.data(),
                                      .channel_stride = channel_stride,
                                      .add_to_sums = add});
  ASSERT_TRUE(test::same_bits(expected, sums.span()));
  // Of the channels in the same vectors that are not wanted, a chain may count as well.
  if (negative_zero || kind == PackValues::ordinary) {
    ASSERT_EQ(found, negative_zero);
  }
  ASSERT_TRUE(sums.intact());
  ASSERT_TRUE(packed.intact());
}

void expect_added(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int channels = pick(rng, 1, 40), vectors = pick(rng, 1, replay::simd::kLaneVectors),
            width = table.width();
  const std::vector<int32_t> listed = test::some_of(rng, channels);
  const auto row = idx(vectors * table.lanes);
  const AlignedBuffer rows{
      std::span<const float>(test::pack_values(rng, static_cast<int64_t>(listed.size() * row), kind))};
  std::vector<float> expected = test::pack_values(rng, int64_t{channels} * width, kind);
  GuardedArray<float> sums{std::span<const float>(expected)};
  for (size_t i = 0; i < listed.size(); ++i) {
    for (size_t lane = 0; lane < row; ++lane) {
      float& sum = expected[idx(listed[i] * width) + lane];
      sum = sum + rows[i * row + lane];
    }
  }
  table.lane_add(rows.data(), listed.data(), static_cast<int32_t>(listed.size()), vectors, sums.data());
  ASSERT_TRUE(test::same_bits(expected, sums.span()));
  ASSERT_TRUE(sums.intact());
}

// Negative products that vanish, one behind the other: every chain ends in -0, none of another sign.
TEST(LaneSums, SayWhetherAChainEndedInNegativeZero) {
  for (const KernelSet set : available_kernel_sets()) {
    const replay::simd::PackTable* table = replay::simd::pack_table(set);
    if (table == nullptr) continue;
    for (int channel = 0; channel < 20; ++channel) {
      for (int lane = 0; lane < table->width(); ++lane) {
        AlignedBuffer values(idx(table->width())), weights(idx(20 + table->lanes)),
            sums(idx(20 * table->width()));
        values[idx(lane)] = 1e-30f;
        weights[idx(channel)] = -1e-30f;
        std::vector<int32_t> channels(20);
        std::iota(channels.begin(), channels.end(), 0);
        const int32_t zero = 0;
        replay::simd::LaneSumsCall call{.window = {.rows = 1,
                                                   .vectors = replay::simd::kLaneVectors,
                                                   .values = values.data(),
                                                   .weights = weights.data(),
                                                   .weight_at = &zero},
                                        .channels = channels.data(),
                                        .channel_count = 20,
                                        .sum_rows = channels.data(),
                                        .sums = sums.data()};
        EXPECT_TRUE(table->lane_sums(call)) << kernel_set_name(set) << ' ' << channel << ' ' << lane;
        EXPECT_TRUE(is_negative_zero(sums[idx(channel * table->width() + lane)]));
        weights[idx(channel)] = 1e-30f;
        EXPECT_FALSE(table->lane_sums(call)) << kernel_set_name(set) << ' ' << channel << ' ' << lane;
      }
    }
  }
}

TEST(LaneSums, AreTheChainsOfEveryLane) { test::on_every_pack_table(150, expect_lane_sums); }
TEST(ItemSums, AreTheChainsOfEveryItem) { test::on_every_pack_table(150, expect_item_sums); }
TEST(LaneAdd, AddsTheListedRows) { test::on_every_pack_table(100, expect_added); }

}  // namespace
}  // namespace tf_injector::detail
