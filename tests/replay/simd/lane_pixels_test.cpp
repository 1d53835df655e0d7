// Entries of replay's SIMD table that make whole pixels, against the same done one element at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "replay/simd/packs.hpp"

namespace tf_injector::detail {
namespace {

using replay::simd::LaneMask;
using test::GuardedArray;
using test::PackValues;
using test::pick;
using test::Pixel;
using test::random_lanes;

void expect_merged(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int channels = pick(rng, 1, 40), width = pick(rng, 1, table.width());
  const LaneMask pack = ~LaneMask{0} >> (64 - width);
  Pixel pixel(table, channels, test::pack_values(rng, channels, kind));
  pixel.changed_lanes =
      std::array{LaneMask{0}, pack, test::some_lanes(rng, pack)}[static_cast<size_t>(pick(rng, 0, 2))];
  pixel.change_lanes(rng, kind);
  for (int c = 0; c < channels;
       ++c) {  // +0 in every changed lane: where golden does not count, without a row
    if (pick(rng, 0, 2) != 0) continue;
    for (const int lane : test::lanes_of(pixel.changed_lanes)) pixel.changed[{lane, c}] = 0.0f;
  }
  pixel.lay_out(pack);
  if (pixel.changed_lanes != 0) pixel.set_changes(rng);
  std::vector<replay::simd::LaneChange> changes;
  LaneMask lanes = pixel.changed_lanes;
  std::map<std::pair<int, int>, float> expected = pixel.changed;
  std::map<int, float> squares;  // by lane: more than the largest float is no bound
  for (const int lane : test::lanes_of(pixel.changed_lanes)) squares[lane] = pixel.change_of(lane);
  std::set<int32_t> with_row;
  for (int c = 0; c < channels; ++c) {
    if (pixel.changed_lanes == 0 && float_bits(pixel.golden[static_cast<size_t>(c)]) != 0) with_row.insert(c);
  }
  if (pixel.changed_lanes != 0) with_row.insert(pixel.listed.begin(), pixel.listed.end());
  for (int c = 0; c < channels; ++c) {
    for (int lane = 0; lane < width; ++lane) {
      if (pick(rng, 0, 30) != 0) continue;
      const float value = test::pack_values(rng, 1, kind).front();
      changes.push_back({c, lane, value});
      lanes |= LaneMask{1} << lane;
      expected[{lane, c}] = value;
      with_row.insert(c);
      const float difference = value - pixel.golden[static_cast<size_t>(c)];
      const float sum = squares[lane] + difference * difference;
      squares[lane] = sum <= std::numeric_limits<float>::max() ? sum : std::numeric_limits<float>::infinity();
    }
  }
  if (changes.empty()) return;
  const int64_t row = pixel.stride(lanes);
  GuardedArray<float> out((with_row.size() + 1) * static_cast<size_t>(row));
  GuardedArray<int32_t> out_channels(with_row.size()), scratch(static_cast<size_t>(channels + table.lanes));
  const int32_t rows = table.lane_merge({.pixel = pixel.view(),
                                         .golden = pixel.golden.data(),
                                         .lanes = lanes,
                                         .channels = channels,
                                         .changes = changes.data(),
                                         .change_count = static_cast<int32_t>(changes.size()),
                                         .listed = scratch.data(),
                                         .values = out.data(),
                                         .out_channels = out_channels.data()});
  pixel.changed = expected;
  ASSERT_EQ(static_cast<size_t>(rows), with_row.size());
  ASSERT_TRUE(out.intact());
  ASSERT_TRUE(out_channels.intact());
  ASSERT_TRUE(scratch.intact());
  std::vector<int32_t> row_of(static_cast<size_t>(channels), -1);
  for (int32_t r = 0; r < rows; ++r) {
    if (r > 0) {
      ASSERT_LT(out_channels[static_cast<size_t>(r - 1)], out_channels[static_cast<size_t>(r)]);
    }
    row_of[static_cast<size_t>(out_channels[static_cast<size_t>(r)])] = r;
  }
  int place = 0;
  for (int lane = 0; lane < width; ++lane) {
    if ((lanes >> lane & 1) == 0) continue;
    for (int c = 0; c < channels; ++c) {
      const int32_t r = row_of[static_cast<size_t>(c)];
      const float is = r < 0 ? 0.0f : out[static_cast<size_t>((r + 1) * row + place)];
      ASSERT_EQ(float_bits(is), float_bits(pixel.at(lane, c))) << "lane " << lane << " channel " << c;
    }
    ASSERT_EQ(out[static_cast<size_t>(place)], squares[lane]) << "lane " << lane;
    ++place;
  }
}

// The values of faulted channels, from their sums, and which of them are the golden run's.
void expect_columns(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int channels = pick(rng, 1, 40), positions = pick(rng, 1, 12), faults = pick(rng, 1, table.width());
  const std::vector<float> sums = test::pack_values(rng, positions * faults, kind);
  std::vector<float> golden_values = test::pack_values(rng, positions * channels, kind);
  const std::vector<float> add_values = test::pack_values(rng, positions * channels, kind);
  const AlignedBuffer bias{std::span<const float>(test::pack_values(rng, faults, kind))};
  std::vector<int32_t> channel, listed;
  for (int f = 0; f < faults; ++f) channel.push_back(pick(rng, 0, channels - 1));
  std::sort(channel.begin(), channel.end());
  for (int p = 0; p < positions; ++p) {
    if (pick(rng, 0, 2) != 0) listed.push_back(p);
  }
  const bool has_add = pick(rng, 0, 1) != 0, relu = pick(rng, 0, 1) != 0;
  std::vector<float> expected = sums;
  for (const int32_t p : listed) {
    for (int f = 0; f < faults; ++f) {
      float& value = expected[static_cast<size_t>(p * faults + f)];
      const auto at = static_cast<size_t>(p * channels + channel[static_cast<size_t>(f)]);
      value = value + bias[static_cast<size_t>(f)];
      if (has_add) value = value + add_values[at];
      if (relu && value <= 0.0f) value = 0.0f;
      if (pick(rng, 0, 1) != 0) golden_values[at] = value;
    }
  }
  const AlignedBuffer golden{std::span<const float>(golden_values)}, add{std::span<const float>(add_values)};
  GuardedArray<float> values{std::span<const float>(sums)};
  std::vector<LaneMask> differs(listed.size() + 1, ~LaneMask{0});
  table.columns({.faults = faults,
                 .channel = channel.data(),
                 .positions = listed,
                 .values = values.data(),
                 .epilogue = {.bias = bias.data(), .add = has_add ? add.data() : nullptr, .relu = relu},
                 .golden = golden.data(),
                 .channels = channels,
                 .differs = differs.data()});
  ASSERT_TRUE(test::same_bits(expected, values.span()));
  ASSERT_TRUE(values.intact());
  ASSERT_EQ(differs.back(), ~LaneMask{0});
  for (size_t i = 0; i < listed.size(); ++i) {
    for (int f = 0; f < faults; ++f) {
      const auto p = static_cast<size_t>(listed[i]);
      const float is = values[p * static_cast<size_t>(faults) + static_cast<size_t>(f)];
      const float of_golden =
          golden[p * static_cast<size_t>(channels) + static_cast<size_t>(channel[static_cast<size_t>(f)])];
      ASSERT_EQ(differs[i] >> f & 1, float_bits(is) != float_bits(of_golden) ? 1U : 0U) << i << ' ' << f;
    }
    if (faults < 64) {
      ASSERT_EQ(differs[i] >> faults, 0U);
    }
  }
}

// A window's rows: every input that is not +0 in some wanted lane, in the order of the taps; a window of one
// pixel that holds just the wanted lanes is that pixel.
void expect_window(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int channels = pick(rng, 1, 40), width = table.width(), count = pick(rng, 0, 2) == 0 ? 3 : 1;
  LaneMask lanes = count == 1 && pick(rng, 0, 1) != 0 ? 0 : random_lanes(rng, width);
  std::vector<Pixel> pixels;
  for (int t = 0; t < count; ++t) {
    Pixel& pixel = pixels.emplace_back(table, channels, test::pack_values(rng, channels, kind));
    pixel.changed_lanes = pick(rng, 0, 3) == 0 ? 0 : random_lanes(rng, width);
    lanes |= pixel.changed_lanes;
    pixel.change_lanes(rng, kind);
  }
  if (lanes == 0) return;
  std::vector<replay::simd::LaneTap> taps;
  for (Pixel& pixel : pixels) {
    pixel.lay_out();
    pixel.set_changes(rng);
    taps.push_back({pixel.view(), pixel.golden.data(), static_cast<int32_t>(2 * taps.size() + 1)});
  }
  const auto row = static_cast<size_t>(pixels.front().stride(lanes));
  GuardedArray<float> values(static_cast<size_t>(count * channels) * row), change(row),
      most(row / static_cast<size_t>(table.lanes));
  GuardedArray<int32_t> weight_at(static_cast<size_t>(count * channels + table.lanes));
  const bool has_change = test::flip(rng), has_most = test::flip(rng);
  const int cout = pick(rng, 1, 9);
  const replay::simd::LaneRows rows =
      table.lane_window({.taps = taps,
                         .lanes = lanes,
                         .cin = channels,
                         .cout = cout,
                         .values = values.data(),
                         .weight_at = weight_at.data(),
                         .delta_sq_norm = has_change ? change.data() : nullptr,
                         .most = has_most ? most.data() : nullptr});
  const bool is_pixel = count == 1 && pixels.front().changed_lanes == lanes;
  ASSERT_EQ(rows.values, is_pixel ? taps.front().pixel.rows : values.data());
  std::vector<float> sums(row, 0.0f);
  int32_t next = 0;
  for (size_t t = 0; t < taps.size(); ++t) {
    size_t place = 0;
    for (int lane = 0; lane < width; ++lane) {
      if ((lanes >> lane & 1) == 0) continue;
      sums[place] += pixels[t].change_of(lane);
      ++place;
    }
    for (int c = 0; c < channels; ++c) {
      const bool is_listed =
          next < rows.count && weight_at[static_cast<size_t>(next)] == (taps[t].tap * channels + c) * cout;
      place = 0;
      for (int lane = 0; lane < width; ++lane) {
        if ((lanes >> lane & 1) == 0) continue;
        const float is = is_listed ? rows.values[static_cast<size_t>(next) * row + place] : 0.0f;
        ASSERT_EQ(float_bits(is), float_bits(pixels[t].at(lane, c))) << "lane " << lane << " channel " << c;
        ++place;
      }
      next += is_listed ? 1 : 0;
    }
  }
  ASSERT_EQ(next, rows.count);
  ASSERT_TRUE(values.intact());
  ASSERT_TRUE(change.intact());
  ASSERT_TRUE(most.intact());
  ASSERT_TRUE(weight_at.intact());
  for (size_t l = 0; has_change && l < row; ++l) ASSERT_EQ(change[l], sums[l]) << l;
  for (size_t v = 0; has_most && v < most.size(); ++v) {
    const auto first = sums.begin() + static_cast<ptrdiff_t>(v) * table.lanes;
    ASSERT_EQ(most[v], *std::max_element(first, first + table.lanes));
  }
}

// Channels that are +0 in all lanes, and now and then hardly anything above 0: then the first 0 counts, with
// its sign.
Pixel pixel_of_maxima(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind, int channels,
                      LaneMask pack, bool is_low) {
  Pixel pixel(table, channels, test::pack_values(rng, channels, kind));
  pixel.changed_lanes = std::array{
      LaneMask{0}, pack, random_lanes(rng, table.width()) & pack}[static_cast<size_t>(pick(rng, 0, 2))];
  pixel.change_lanes(rng, kind);
  const auto low = [&](float& value) {
    if (is_low && value > 0.0f) value = std::array{0.0f, -0.0f, -value}[static_cast<size_t>(pick(rng, 0, 2))];
  };
  for (float& value : pixel.golden.span()) low(value);
  for (auto& [at, value] : pixel.changed) low(value);
  for (int c = 0; c < channels; ++c) {
    if (pick(rng, 0, 1) != 0) continue;
    if (pixel.changed_lanes != pack || pick(rng, 0, 1) != 0) pixel.golden[static_cast<size_t>(c)] = 0.0f;
    for (int lane = 0; lane < table.width(); ++lane) {
      if (pixel.changed_lanes >> lane & 1) pixel.changed[{lane, c}] = 0.0f;
    }
  }
  return pixel;
}

void expect_maxima(const replay::simd::PackTable& table, std::mt19937& rng, PackValues kind) {
  const int channels = pick(rng, 1, 150), width = table.width(), count = pick(rng, 1, 9);
  const LaneMask pack = ~LaneMask{0} >> (64 - pick(rng, 1, width));
  const bool is_low = pick(rng, 0, 1) != 0;
  LaneMask lanes = random_lanes(rng, width) & pack;
  std::vector<Pixel> pixels;
  for (int i = 0; i < count; ++i) {
    pixels.push_back(pixel_of_maxima(table, rng, kind, channels, pack, is_low));
    lanes |= pixels.back().changed_lanes;
  }
  if (lanes == 0) return;
  std::vector<replay::simd::LaneTap> taps;
  for (Pixel& pixel : pixels) {
    pixel.lay_out(pack);
    taps.push_back({pixel.view(), pixel.golden.data(), 0});
  }
  const auto largest = [&](auto at) {
    float most = std::numeric_limits<float>::lowest();
    for (const Pixel& pixel : pixels) most = at(pixel) > most ? at(pixel) : most;
    return most;
  };
  AlignedBuffer golden(static_cast<size_t>(channels + replay::simd::kMaxWidth));
  std::fill(golden.data() + channels, golden.data() + golden.size(), 3.0f);  // the next pixel's
  GuardedArray<float> sums(static_cast<size_t>(channels * width));
  for (int c = 0; c < channels; ++c)
    golden[static_cast<size_t>(c)] =
        largest([&](const Pixel& pixel) { return pixel.golden[static_cast<size_t>(c)]; });
  GuardedArray<int32_t> next(taps.size()), listed(static_cast<size_t>(channels));
  const int32_t rows = table.lane_maxima({.pixels = taps,
                                          .lanes = lanes,
                                          .channels = channels,
                                          .golden = golden.data(),
                                          .next = next.data(),
                                          .sums = sums.data(),
                                          .out_channels = listed.data()});
  ASSERT_TRUE(sums.intact());
  ASSERT_TRUE(next.intact());
  ASSERT_TRUE(listed.intact());
  int32_t row = 0;
  for (int c = 0; c < channels; ++c) {
    const bool is_listed = row < rows && listed[static_cast<size_t>(row)] == c;
    if (!is_listed) {
      ASSERT_EQ(float_bits(golden[static_cast<size_t>(c)]), 0U) << "channel " << c;
    }
    int place = 0;
    for (int lane = 0; lane < width; ++lane) {
      if ((lanes >> lane & 1) == 0) continue;
      const float is = is_listed ? sums[static_cast<size_t>(row * width + place)] : 0.0f;
      const float expected = largest([&](const Pixel& pixel) { return pixel.at(lane, c); });
      ASSERT_EQ(float_bits(is), float_bits(expected)) << "lane " << lane << " channel " << c;
      ++place;
    }
    row += is_listed ? 1 : 0;
  }
  ASSERT_EQ(row, rows);
}

TEST(LaneWindow, HasARowPerInputThatIsNotZero) { test::on_every_pack_table(200, expect_window); }
TEST(LaneMaxima, AreThoseOfEveryLane) { test::on_every_pack_table(40, expect_maxima); }
TEST(LaneMerge, PutsEveryChangeIntoThePixel) { test::on_every_pack_table(200, expect_merged); }
TEST(Columns, GivesValuesAndWhatDiffers) { test::on_every_pack_table(200, expect_columns); }

}  // namespace
}  // namespace tf_injector::detail
