// Which outputs of a position may be other than zero, against the bound computed channel by channel.
#include <gtest/gtest.h>

#include <algorithm>

#include "replay/simd/packs.hpp"

namespace tf_injector::detail {
namespace {

using test::GuardedArray;
using test::PackValues;
using test::pick;

size_t idx(int64_t i) { return static_cast<size_t>(i); }

// The parameters of a call; padding behind the last channel that would be non-zero if it counted.
struct Bound {
  Bound(std::mt19937& rng, const replay::simd::PackTable& table, PackValues kind)
      : cout(pick(rng, 1, 80)), vectors(pick(rng, 1, replay::simd::kLaneVectors)) {
    const int64_t padded = int64_t{test::vectors_of(table, cout)} * table.lanes;
    const auto array = [&](float scale) {
      std::vector<float> values = test::pack_values(rng, padded, kind);
      for (int64_t c = 0; c < padded; ++c) {
        float& value = values[idx(c)];
        value = c < cout ? std::fabs(value) * scale : 1e30f;
        if (kind == PackValues::nasty && pick(rng, 0, 20) == 0)
          value = std::numeric_limits<float>::infinity();  // no bound
      }
      return AlignedBuffer(std::span<const float>(values));
    };
    noise = array(0.1f);
    offset = array(0.1f);
    slope = array(1.0f);
    y = array(1.0f);
    for (int c = 0; c < cout; ++c) {
      if (pick(rng, 0, 3) != 0) y[idx(c)] = -y[idx(c)];
    }
    const std::vector<float> norms = test::pack_values(rng, 2 + 2 * vectors, kind);
    input_norm = std::fabs(norms[0]);
    add_noise = std::fabs(norms[1]);
    for (int v = 0; v < vectors; ++v) {
      reach.push_back(std::fabs(norms[idx(2 + v)]));
      shift.push_back(std::fabs(norms[idx(2 + vectors + v)]));
    }
    for (std::vector<float>* pairs : {&reach, &shift}) {
      for (float& norm : *pairs) norm = is_nan(norm) ? std::numeric_limits<float>::infinity() : norm;
      std::sort(pairs->rbegin(), pairs->rend());
    }
    if (pick(rng, 0, 1) != 0) put_at_the_limit(rng);
  }
  // Every rounding decides: the bound is exactly 0 in some pair, or the number next below.
  void put_at_the_limit(std::mt19937& rng) {
    add_noise = 0.0f;
    reach.back() = shift.back() = 0.0f;
    for (int c = 0; c < cout; ++c) {
      offset[idx(c)] = 0.0f;
      if (pick(rng, 0, 1) != 0) {  // in the last pair what is left of the noise
        y[idx(c)] = -(noise[idx(c)] * input_norm);
        continue;
      }
      noise[idx(c)] = 0.0f;
      const auto pair = idx(pick(rng, 0, vectors - 1));
      y[idx(c)] = -std::fma(slope[idx(c)], reach[pair], shift[pair]);
      if (pick(rng, 0, 1) != 0) y[idx(c)] = std::nextafter(y[idx(c)], -1e38f);
    }
  }
  [[nodiscard]] bool is_alive(int c, int pair) const {
    const float margin = std::fma(noise[idx(c)], input_norm, y[idx(c)]) + (offset[idx(c)] + add_noise);
    const float highest = std::fma(slope[idx(c)], reach[idx(pair)], shift[idx(pair)]) + margin;
    return !(highest < 0.0f);
  }

  int cout, vectors;
  AlignedBuffer y, noise, offset, slope;
  float input_norm, add_noise;
  std::vector<float> reach, shift;
};

void expect_alive(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const Bound bound(rng, table, kind);
  const size_t room = idx(bound.cout + 4 * table.lanes);
  GuardedArray<int32_t> channels(room), nonzero_in(room);
  GuardedArray<int32_t> level_channels[] = {GuardedArray<int32_t>(room), GuardedArray<int32_t>(room),
                                            GuardedArray<int32_t>(room), GuardedArray<int32_t>(room)};
  GuardedArray<int32_t> level_rows[] = {GuardedArray<int32_t>(room), GuardedArray<int32_t>(room),
                                        GuardedArray<int32_t>(room), GuardedArray<int32_t>(room)};
  replay::simd::LaneLevel levels[replay::simd::kLaneVectors];
  for (size_t v = 0; v < replay::simd::kLaneVectors; ++v)
    levels[v] = {.channels = level_channels[v].data(), .rows = level_rows[v].data(), .count = 77};
  const int32_t count = table.lane_nonzero({.y = bound.y.data(),
                                            .noise = bound.noise.data(),
                                            .offset = bound.offset.data(),
                                            .slope = bound.slope.data(),
                                            .input_norm = bound.input_norm,
                                            .add_noise = bound.add_noise,
                                            .vectors = bound.vectors,
                                            .reach = bound.reach.data(),
                                            .shift = bound.shift.data(),
                                            .cout = bound.cout,
                                            .channels = channels.data(),
                                            .nonzero_in = nonzero_in.data(),
                                            .levels = levels});
  int32_t listed = 0;
  int32_t in_level[replay::simd::kLaneVectors] = {};
  for (int c = 0; c < bound.cout; ++c) {
    int pairs = 0;
    for (int v = 0; v < bound.vectors; ++v) pairs += bound.is_alive(c, v) ? 1 : 0;
    if (pairs == 0) continue;
    ASSERT_LT(listed, count) << "channel " << c << " is missing";
    ASSERT_EQ(channels[idx(listed)], c);
    ASSERT_EQ(nonzero_in[idx(listed)], pairs) << "channel " << c;
    if (bound.vectors > 1) {
      const auto level = idx(pairs - 1), at = idx(in_level[level]++);
      ASSERT_EQ(level_channels[level][at], c);
      ASSERT_EQ(level_rows[level][at], listed);
    }
    ++listed;
  }
  ASSERT_EQ(count, listed);
  for (size_t v = 0; v < replay::simd::kLaneVectors; ++v) {
    const bool is_used = bound.vectors > 1 && static_cast<int>(v) < bound.vectors;
    ASSERT_EQ(levels[v].count, is_used ? in_level[v] : 77) << "level " << v;
    ASSERT_TRUE(level_channels[v].intact());
    ASSERT_TRUE(level_rows[v].intact());
  }
  ASSERT_TRUE(channels.intact());
  ASSERT_TRUE(nonzero_in.intact());
}

// At the limit: a bound of exactly zero, of either sign, and NaN may be non-zero; the number next below is
// not.
TEST(LaneNonzero, ZeroAndNanAreAlive) {
  for (const KernelSet set : available_kernel_sets()) {
    const replay::simd::PackTable* table = replay::simd::pack_table(set);
    if (table == nullptr) continue;
    const size_t padded = idx(table->lanes);
    AlignedBuffer y(padded), none(padded);
    y[0] = -2.0f;
    y[1] = std::nextafter(-2.0f, -3.0f);
    y[2] = std::numeric_limits<float>::quiet_NaN();
    y[3] = -std::numeric_limits<float>::infinity();
    AlignedBuffer slope(padded);
    for (size_t c = 0; c < 4; ++c) slope[c] = 1.0f;
    std::vector<int32_t> channels(idx(4 + 4 * table->lanes)), nonzero_in(channels.size());
    const float reach = 0.5f, shift = 1.5f;
    const int32_t count = table->lane_nonzero({.y = y.data(),
                                               .noise = none.data(),
                                               .offset = none.data(),
                                               .slope = slope.data(),
                                               .reach = &reach,
                                               .shift = &shift,
                                               .cout = 4,
                                               .channels = channels.data(),
                                               .nonzero_in = nonzero_in.data()});
    ASSERT_EQ(count, 2) << kernel_set_name(set);
    EXPECT_EQ(channels[0], 0);
    EXPECT_EQ(channels[1], 2);
  }
}

TEST(LaneNonzero, ListsTheChannelsThatMayNotBeZero) { test::on_every_pack_table(200, expect_alive); }

}  // namespace
}  // namespace tf_injector::detail
