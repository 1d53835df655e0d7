// Small entries of replay's SIMD table: parts of rows joined, the largest changes, windows of single
// channels, squares.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "replay/simd/packs.hpp"

namespace tf_injector::detail {
namespace {

using replay::simd::LaneMask;
using test::GuardedArray;
using test::PackValues;
using test::pick;

size_t idx(int64_t i) { return static_cast<size_t>(i); }

void expect_joined(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int count = pick(rng, 0, 5);
  std::vector<std::vector<float>> rows;
  std::vector<replay::simd::LanePart> parts;
  std::vector<uint32_t> expected;
  for (int i = 0; i < count; ++i) {
    rows.push_back(test::pack_values(rng, table.width() + 16, kind));
    rows.back()[idx(pick(rng, 0, table.width() - 1))] = bits_float(0x7FC12345u);  // moved, not computed
    const LaneMask places = pick(rng, 0, 9) == 0 ? 0 : test::random_lanes(rng, table.width());
    const bool is_zero = pick(rng, 0, 3) == 0;
    parts.push_back({is_zero ? nullptr : rows.back().data(), places});
    for (const int place : test::lanes_of(places))
      expected.push_back(is_zero ? 0 : float_bits(rows.back()[idx(place)]));
  }
  GuardedArray<float> out(expected.size() + idx(table.lanes));
  ASSERT_EQ(table.lane_join(parts, out.data()), static_cast<int32_t>(expected.size()));
  for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(out.bits(i), expected[i]) << i;
  ASSERT_TRUE(out.intact());
}

void expect_most(const replay::simd::PackTable& table, std::mt19937& rng, PackValues) {
  test::Pixel pixel(table, 3, std::vector<float>(3, 1.0f));
  LaneMask lanes = test::random_lanes(rng, table.width());
  pixel.changed_lanes = pick(rng, 0, 5) == 0 ? 0 : test::some_lanes(rng, lanes);
  lanes |= pixel.changed_lanes;
  pixel.lay_out();
  pixel.set_changes(rng);
  if (pixel.changed_lanes != 0 && pick(rng, 0, 9) == 0)
    pixel.values[0] = std::numeric_limits<float>::infinity();
  const auto vectors = idx(test::vectors_of(table, std::popcount(lanes)));
  std::array<float, replay::simd::kLaneVectors> expected{};
  size_t place = 0;
  for (const int lane : test::lanes_of(lanes)) {
    float& most = expected[place++ / idx(table.lanes)];
    most = std::max(most, pixel.change_of(lane));
  }
  GuardedArray<float> most(vectors);
  table.lane_most(pixel.view(), lanes, most.data());
  for (size_t v = 0; v < vectors; ++v) ASSERT_EQ(most[v], expected[v]) << "vector " << v;
  ASSERT_TRUE(most.intact());
}

// The order of ref::LaneSum, written out: chains over eight lanes up to a multiple of 16, then what is left
// in eight, four, two and one products.
float sum_over_lanes(const std::vector<float>& x, const std::vector<float>& w) {
  const size_t count = x.size(), chained = count - count % 16;
  const auto of_eight = [](const float* v) {
    return ((v[0] + v[1]) + (v[4] + v[5])) + ((v[2] + v[3]) + (v[6] + v[7]));
  };
  float lane[8] = {}, total = 0.0f;
  for (size_t k = 0; k < chained; ++k) lane[k % 8] = std::fma(x[k], w[k], lane[k % 8]);
  if (chained > 0) total = total + of_eight(lane);
  size_t k = chained;
  for (const size_t part : {8, 4, 2, 1}) {
    if ((count & part) == 0) continue;
    for (size_t i = 0; i < part; ++i, ++k) lane[i] = x[k] * w[k];
    const float sum = part == 8   ? of_eight(lane)
                      : part == 4 ? (lane[0] + lane[1]) + (lane[2] + lane[3])
                      : part == 2 ? lane[0] + lane[1]
                                  : lane[0];
    total = total + sum;
  }
  return total;
}

float sum_in_a_chain(const std::vector<float>& x, const std::vector<float>& w) {
  float acc = 0.0f;
  for (size_t k = 0; k < x.size(); ++k) acc = std::fma(x[k], w[k], acc);
  return acc;
}

void expect_channel_window(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int taps = test::flip(rng) ? pick(rng, 1, 9) : pick(rng, 1, simd::kMostChannelTaps);
  const int channels = pick(rng, 1, 9), vectors = pick(rng, 1, replay::simd::kLaneVectors),
            width = table.width();
  const auto row = idx(vectors * table.lanes);
  const bool in_lanes = test::flip(rng);
  const std::vector<float> values = test::pack_values(rng, int64_t{taps} * channels * width, kind);
  const std::vector<float> weights = test::pack_values(rng, int64_t{taps} * channels, kind);
  std::vector<const float*> rows, weight_rows;
  for (int t = 0; t < taps; ++t) {
    weight_rows.push_back(weights.data() + t * channels);
    for (int c = 0; c < channels; ++c)
      rows.push_back(values.data() + pick(rng, 0, static_cast<int>(values.size() - row)));
  }
  GuardedArray<float> sums(idx(channels * width));
  table.channel_window({.in_lanes = in_lanes,
                        .taps = taps,
                        .channels = channels,
                        .vectors = vectors,
                        .rows = rows.data(),
                        .weights = weight_rows.data(),
                        .sums = sums.data()});
  std::vector<float> x(idx(taps)), w(idx(taps));
  for (int c = 0; c < channels; ++c) {
    for (size_t lane = 0; lane < idx(width); ++lane) {
      const size_t at = idx(c * width) + lane;
      if (lane >= row) {
        ASSERT_EQ(sums.bits(at), GuardedArray<float>::kPattern) << "written behind the vectors";
        continue;
      }
      for (int t = 0; t < taps; ++t) {
        x[idx(t)] = rows[idx(t * channels + c)][lane];
        w[idx(t)] = weight_rows[idx(t)][c];
      }
      const float expected = in_lanes ? sum_over_lanes(x, w) : sum_in_a_chain(x, w);
      ASSERT_TRUE(test::same_bits(expected, sums[at])) << "channel " << c << " lane " << lane << ' ' << taps;
    }
  }
  ASSERT_TRUE(sums.intact());
}

// Whole numbers: the sum is exact in any order.
void expect_squares(const replay::simd::PackTable& table, std::mt19937& rng, PackValues) {
  const int rows = pick(rng, 0, 5), channels = pick(rng, 1, 70);
  std::vector<float> values(idx(rows * channels));
  for (float& value : values) value = static_cast<float>(pick(rng, -100, 100));
  GuardedArray<float> sums(idx(rows));
  table.squares(values.data(), rows, channels, sums.data());
  for (int r = 0; r < rows; ++r) {
    const float* row = values.data() + r * channels;
    ASSERT_EQ(sums[idx(r)], std::inner_product(row, row + channels, row, 0.0f)) << r;
  }
  ASSERT_TRUE(sums.intact());
}

TEST(LaneJoin, PutsPartsOfRowsBehindEachOther) { test::on_every_pack_table(200, expect_joined); }
TEST(LaneMost, IsTheLargestChangeOfEachVector) { test::on_every_pack_table(100, expect_most); }
TEST(ChannelWindow, SumsTheTapsOfEveryChannel) { test::on_every_pack_table(40, expect_channel_window); }
TEST(Squares, AddUpInEveryRow) { test::on_every_pack_table(30, expect_squares); }

}  // namespace
}  // namespace tf_injector::detail
