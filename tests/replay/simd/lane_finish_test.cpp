// Sums to the values of an output pixel, against the same done lane by lane and channel by channel.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "replay/simd/packs.hpp"

namespace tf_injector::detail {
namespace {

using replay::simd::LaneMask;
using test::GuardedArray;
using test::PackValues;
using test::pick;
using test::Pixel;

size_t idx(int64_t i) { return static_cast<size_t>(i); }

// A NaN that no arithmetic makes: equal to no other.
constexpr uint32_t kOwnNan = 0x7FC12345u;

float finished(const simd::EpilogueCall& e, size_t c, float y, const float* add) {
  if (e.bias != nullptr) y = y + e.bias[c];
  if (e.mean != nullptr) y = std::fma((y - e.mean[c]) * e.istd[c], e.gamma[c], e.beta[c]);
  if (add != nullptr) y = y + *add;
  if (e.relu && y <= 0.0f) y = 0.0f;
  if (e.relu6 && y > 6.0f) y = 6.0f;
  return y;
}

// A call, and what has to come out of it.
struct Finish {
  Finish(const replay::simd::PackTable& pack_table, std::mt19937& rng, PackValues kind)
      : table(pack_table),
        channels(pick(rng, 1, 40)),
        pack(~LaneMask{0} >> (64 - pick(rng, 1, table.width()))),
        lanes(test::some_lanes(rng, pack)),
        operand(table, channels, test::pack_values(rng, channels, kind)) {
    if (lanes == 0 || pick(rng, 0, 3) == 0) lanes = pack;
    vectors = test::vectors_of(table, std::popcount(lanes));
    listed = test::some_of(rng, channels);
    sums = AlignedBuffer(std::span<const float>(
        test::pack_values(rng, static_cast<int64_t>(listed.size()) * table.width(), kind)));
    for (AlignedBuffer* array : {&bias, &mean, &istd, &gamma, &beta})
      *array = AlignedBuffer(std::span<const float>(test::pack_values(rng, channels, kind)));
    if (test::flip(rng)) epilogue.bias = bias.data();
    if (test::flip(rng)) {
      epilogue.mean = mean.data();
      epilogue.istd = istd.data();
      epilogue.gamma = gamma.data();
      epilogue.beta = beta.data();
    }
    epilogue.relu = pick(rng, 0, 3) != 0;
    epilogue.relu6 = epilogue.relu && pick(rng, 0, 3) == 0;
    has_add = test::flip(rng);
    operand.changed_lanes = pick(rng, 0, 3) == 0 ? 0 : test::some_lanes(rng, lanes);
    operand.change_lanes(rng, kind);
    operand.lay_out(pack);
    if (vectors > 1 && test::flip(rng)) {
      for (size_t i = 0; i < listed.size(); ++i) nonzero_in.push_back(pick(rng, 1, vectors));
    }
    keeps_all = pick(rng, 0, 3) == 0;
    make_golden(rng, kind);
  }

  // Of the lane that is the place-th of `lanes`, without regard to nonzero_in.
  [[nodiscard]] float computed(size_t i, int lane, int place) const {
    const auto c = idx(listed[i]);
    const float add = operand.at(lane, listed[i]);
    return finished(epilogue, c, sums[i * idx(table.width()) + idx(place)], has_add ? &add : nullptr);
  }
  [[nodiscard]] bool has_sum(size_t i, int place) const {
    return nonzero_in.empty() || place / table.lanes >= vectors - nonzero_in[i];
  }
  [[nodiscard]] float value(size_t i, int lane, int place) const {
    return has_sum(i, place) ? computed(i, lane, place) : golden[idx(listed[i])];
  }
  [[nodiscard]] replay::simd::LaneFinishCall call(float* values, int32_t* out_channels,
                                                  int32_t* places) const {
    return {.lanes = lanes,
            .all_lanes = pack,
            .sums = sums.data(),
            .channels = listed.data(),
            .count = static_cast<int32_t>(listed.size()),
            .nonzero_in = nonzero_in.empty() ? nullptr : nonzero_in.data(),
            .epilogue = epilogue,
            .has_add = has_add,
            .add = operand.view(),
            .add_golden = operand.golden.data(),
            .add_places = places,
            .golden = golden.data(),
            .values = values,
            .out_channels = out_channels,
            .keeps_all = keeps_all};
  }

  const replay::simd::PackTable& table;
  int channels, vectors = 1;
  LaneMask pack, lanes;
  Pixel operand;
  std::vector<int32_t> listed, nonzero_in;
  AlignedBuffer sums, bias, mean, istd, gamma, beta, golden;
  simd::EpilogueCall epilogue;
  bool has_add = false, keeps_all = false;

 private:
  // As some lane has it in every channel, so that lanes do not differ in much; zero where no sum is listed.
  void make_golden(std::mt19937& rng, PackValues kind) {
    golden = AlignedBuffer(idx(channels));
    const std::vector<int> all = test::lanes_of(lanes);
    std::vector<bool> like_golden(all.size());
    for (size_t place = 0; place < all.size(); ++place) like_golden[place] = test::flip(rng);
    const bool all_alike = pick(rng, 0, 9) == 0;
    for (size_t i = 0; i < listed.size(); ++i) {
      const auto from = idx(pick(rng, 0, static_cast<int>(all.size()) - 1));
      // Lanes whose sums and operands are those of one of them have its values.
      for (size_t place = 0; place < all.size(); ++place) {
        if (!all_alike && !like_golden[place]) continue;
        sums[i * idx(table.width()) + place] = sums[i * idx(table.width()) + from];
      }
      float& value = golden[idx(listed[i])];
      value = computed(i, all[from], static_cast<int>(from));
      if (is_nan(value)) value = bits_float(kOwnNan);
      if (pick(rng, 0, 9) == 0) value = pack_values(rng, 1, kind).front();
      if (is_nan(value)) value = bits_float(kOwnNan);
    }
  }
};

// The change of the lanes that are kept, in its order: fma(d, d, change) over the channels; no number: Inf.
float change_of(const Finish& finish, int lane, int place) {
  float change = 0.0f;
  for (size_t i = 0; i < finish.listed.size(); ++i) {
    const float difference = finish.value(i, lane, place) - finish.golden[idx(finish.listed[i])];
    change = std::fma(difference, difference, change);
  }
  return change <= std::numeric_limits<float>::max() ? change : std::numeric_limits<float>::infinity();
}

LaneMask lanes_that_differ(const Finish& finish) {
  LaneMask differ = 0;
  int place = 0;
  for (const int lane : test::lanes_of(finish.lanes)) {
    for (size_t i = 0; i < finish.listed.size(); ++i) {
      const float golden = finish.golden[idx(finish.listed[i])];
      if (float_bits(finish.value(i, lane, place)) != float_bits(golden)) differ |= LaneMask{1} << lane;
    }
    ++place;
  }
  return differ;
}

// Has the channel to have a row: not +0 in some lane, or in golden unless every lane of the pack has sums?
bool needs_row(const Finish& finish, size_t i) {
  if (finish.lanes != finish.pack && float_bits(finish.golden[idx(finish.listed[i])]) != 0) return true;
  int place = 0;
  for (const int lane : test::lanes_of(finish.lanes)) {
    if (float_bits(finish.value(i, lane, place++)) != 0) return true;
  }
  return false;
}

// The channels of the rows, by their places in the list; one more is no mistake only where the golden run's
// values fill up the last vector.
void find_rows(const Finish& finish, std::span<const int32_t> out_channels, std::vector<size_t>& found) {
  for (size_t i = 0; i < finish.listed.size(); ++i) {
    const bool is_there =
        found.size() < out_channels.size() && out_channels[found.size()] == finish.listed[i];
    const bool is_filled_up = std::popcount(finish.lanes) % finish.table.lanes != 0;
    if (!is_there || !is_filled_up) {
      ASSERT_EQ(is_there, needs_row(finish, i)) << "channel " << finish.listed[i];
    }
    if (is_there) found.push_back(i);
  }
  ASSERT_EQ(found.size(), out_channels.size());
}

void expect_finished(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const Finish finish(table, rng, kind);
  const LaneMask differ = lanes_that_differ(finish);
  const LaneMask kept = finish.keeps_all ? finish.lanes : differ;
  const auto count = finish.listed.size();
  GuardedArray<float> values((count + 1) * idx(finish.vectors * table.lanes) + idx(table.lanes));
  GuardedArray<int32_t> out_channels(count);
  const std::vector<int32_t> zeros(idx(finish.channels), 0);
  GuardedArray<int32_t> places{std::span<const int32_t>(zeros)};
  int32_t rows = -1;
  const LaneMask found =
      table.lane_finish(finish.call(values.data(), out_channels.data(), places.data()), &rows);
  ASSERT_EQ(found, kept);
  ASSERT_TRUE(values.intact());
  ASSERT_TRUE(out_channels.intact());
  ASSERT_TRUE(places.intact());
  ASSERT_TRUE(std::equal(zeros.begin(), zeros.end(), places.data())) << "add_places are not zero again";
  if (kept == 0) return;
  std::vector<size_t> with_row;
  ASSERT_NO_FATAL_FAILURE(find_rows(finish, out_channels.span().first(idx(rows)), with_row));
  const auto stride = idx(test::vectors_of(table, std::popcount(kept)) * table.lanes);
  int place = 0, to = 0;
  for (const int lane : test::lanes_of(finish.lanes)) {
    if (kept >> lane & 1) {
      ASSERT_TRUE(test::same_bits(change_of(finish, lane, place), values[idx(to)])) << "change of " << lane;
      for (size_t r = 0; r < with_row.size(); ++r) {
        ASSERT_TRUE(
            test::same_bits(finish.value(with_row[r], lane, place), values[(r + 1) * stride + idx(to)]))
            << "lane " << lane << " channel " << out_channels[r];
      }
      ++to;
    }
    ++place;
  }
}

// A NaN with the golden run's bits is the golden run's, -0 is not +0: one lane differs, in that.
TEST(LaneFinish, ComparesBits) {
  for (const KernelSet set : available_kernel_sets()) {
    const replay::simd::PackTable* table = replay::simd::pack_table(set);
    if (table == nullptr) continue;
    const int width = table->width();
    const float nan = bits_float(kOwnNan);
    for (int other = 0; other < width; ++other) {
      AlignedBuffer sums(idx(3 * width)), golden(3), values(idx(4 * width + table->lanes));
      golden[0] = nan;
      golden[2] = 1.0f;
      std::fill_n(sums.data(), width, nan);
      std::fill_n(sums.data() + 2 * width, width, 1.0f);
      const std::vector<int32_t> channels{0, 1, 2};
      std::vector<int32_t> out_channels(3);
      const LaneMask lanes = ~LaneMask{0} >> (64 - width);
      replay::simd::LaneFinishCall call{.lanes = lanes,
                                        .all_lanes = lanes,
                                        .sums = sums.data(),
                                        .channels = channels.data(),
                                        .count = 3,
                                        .epilogue = {},
                                        .add = {},
                                        .golden = golden.data(),
                                        .values = values.data(),
                                        .out_channels = out_channels.data()};
      int32_t rows = 0;
      EXPECT_EQ(table->lane_finish(call, &rows), LaneMask{0}) << kernel_set_name(set);
      sums[idx(width + other)] = -0.0f;  // equal as a number
      EXPECT_EQ(table->lane_finish(call, &rows), LaneMask{1} << other) << kernel_set_name(set);
      EXPECT_EQ(rows, 3);
      EXPECT_EQ(values[0], std::numeric_limits<float>::infinity());  // NaN - NaN bounds nothing
      EXPECT_EQ(float_bits(values[idx(2 * table->lanes)]), 0x80000000u);
      EXPECT_EQ(values[idx(3 * table->lanes)], 1.0f);
    }
  }
}

TEST(LaneFinish, GivesThePixelOfTheLanesThatDiffer) { test::on_every_pack_table(250, expect_finished); }

}  // namespace
}  // namespace tf_injector::detail
