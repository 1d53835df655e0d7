// Kernels of replay that put packs together, against the same done one element at a time.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bits.hpp"
#include "kernels/kernel_set.hpp"
#include "kernels/random_values.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector {
namespace {

using simd::LaneMask;

int pick(std::mt19937& rng, int from, int to) { return std::uniform_int_distribution<int>(from, to)(rng); }

// A pixel as every lane of a pack has it, and the same as replay keeps it.
struct Pixel {
  Pixel(const simd::SimdTable& simd_table, int channel_count, std::vector<float> golden_values)
      : table(simd_table), channels(channel_count), golden(std::span<const float>(golden_values)) {}

  [[nodiscard]] float at(int lane, int channel) const {
    const auto found = changed.find({lane, channel});
    return found != changed.end() ? found->second : golden[static_cast<size_t>(channel)];
  }
  [[nodiscard]] int64_t stride(LaneMask lanes) const {
    return (std::popcount(lanes) + table.lanes - 1) / table.lanes * table.lanes;
  }
  // A row per channel that is not +0 in some held lane or in golden, which does not count where every lane of
  // the pack is held.
  void lay_out(LaneMask pack = 0) {
    const int64_t row = stride(held);
    values = AlignedBuffer(static_cast<size_t>((channels + 1) * row));
    listed.clear();
    for (int c = 0; c < channels; ++c) {
      float* to = values.data() + static_cast<int64_t>(listed.size() + 1) * row;
      bool is_zero = held == pack || float_bits(golden[static_cast<size_t>(c)]) == 0;
      int place = 0;
      for (int lane = 0; lane < 64; ++lane) {
        if ((held >> lane & 1) == 0) continue;
        to[place++] = at(lane, c);
        is_zero = is_zero && float_bits(at(lane, c)) == 0;
      }
      if (!is_zero) listed.push_back(c);
    }
    listed_with_padding = listed;
    listed_with_padding.resize(static_cast<size_t>(channels + simd::kMaxWidth));
  }
  [[nodiscard]] simd::LanePixel view() const {
    if (held == 0) return {};
    return {held, values.data(), values.data() + stride(held), listed_with_padding.data(),
            static_cast<int32_t>(listed.size())};
  }

  const simd::SimdTable& table;
  int channels;
  AlignedBuffer golden;
  LaneMask held = 0;
  std::map<std::pair<int, int>, float> changed;  // by lane and channel
  AlignedBuffer values;
  std::vector<int32_t> listed, listed_with_padding;
};

LaneMask random_lanes(std::mt19937& rng, int width) {
  LaneMask lanes = 0;
  const double share = pick(rng, 1, 10) / 10.0;
  for (int lane = 0; lane < width; ++lane) lanes |= LaneMask{std::bernoulli_distribution(share)(rng)} << lane;
  return lanes;
}

// Other values in every channel of the held lanes.
void change_held(Pixel& pixel, std::mt19937& rng, test::Values kind) {
  for (int lane = 0; lane < pixel.table.width(); ++lane) {
    if ((pixel.held >> lane & 1) == 0) continue;
    const std::vector<float> values = test::random_values(rng, pixel.channels, kind);
    for (int c = 0; c < pixel.channels; ++c) pixel.changed[{lane, c}] = values[static_cast<size_t>(c)];
  }
}

void expect_merged(const simd::SimdTable& table, std::mt19937& rng, test::Values kind) {
  const int channels = pick(rng, 1, 40), width = table.width();
  Pixel pixel(table, channels, test::random_values(rng, channels, kind));
  pixel.held = pick(rng, 0, 2) == 0 ? 0 : random_lanes(rng, width);
  change_held(pixel, rng, kind);
  pixel.lay_out();
  std::vector<simd::LaneChange> changes;
  LaneMask lanes = pixel.held;
  std::map<std::pair<int, int>, float> expected = pixel.changed;
  std::map<int, double> squares;
  for (int c = 0; c < channels; ++c) {
    for (int lane = 0; lane < width; ++lane) {
      if (pick(rng, 0, 30) != 0) continue;
      const float value = test::random_values(rng, 1, kind).front();
      changes.push_back({c, lane, value});
      lanes |= LaneMask{1} << lane;
      expected[{lane, c}] = value;
      const double difference = double{value} - double{pixel.golden[static_cast<size_t>(c)]};
      squares[lane] += difference * difference;
    }
  }
  if (changes.empty()) return;
  const int64_t row = pixel.stride(lanes);
  AlignedBuffer out(static_cast<size_t>((channels + 1) * row));
  std::vector<int32_t> out_channels(static_cast<size_t>(channels)),
      scratch(static_cast<size_t>(channels + 64));
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
    const float norm = out[static_cast<size_t>(place)];
    ASSERT_FALSE(std::isnan(norm));
    if (!(squares[lane] <= 3e38)) {
      ASSERT_TRUE(std::isinf(norm) || squares[lane] > 3e38);
    } else {
      ASSERT_GE(norm, static_cast<float>(squares[lane] * 0.999));
    }
    ++place;
  }
}

// The values of faulted channels, from their sums, and which of them are golden's.
void expect_columns(const simd::SimdTable& table, std::mt19937& rng, test::Values kind) {
  const int channels = pick(rng, 1, 40), positions = pick(rng, 1, 12), faults = pick(rng, 1, table.width());
  const auto size = static_cast<size_t>(positions * faults);
  const std::vector<float> sums = test::random_values(rng, positions * faults, kind);
  std::vector<float> golden_values = test::random_values(rng, positions * channels, kind);
  const std::vector<float> add_values = test::random_values(rng, positions * channels, kind);
  const AlignedBuffer bias{std::span<const float>(test::random_values(rng, faults, kind))};
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
  AlignedBuffer values{std::span<const float>(sums)};
  std::vector<LaneMask> differs(listed.size(), ~LaneMask{0});
  table.columns({.faults = faults,
                 .channel = channel.data(),
                 .positions = listed,
                 .values = values.data(),
                 .epilogue = {.bias = bias.data(), .add = has_add ? add.data() : nullptr, .relu = relu},
                 .golden = golden.data(),
                 .channels = channels,
                 .differs = differs.data()});
  const auto same = [](float a, float b) {
    return float_bits(a) == float_bits(b) || (std::isnan(a) && std::isnan(b));
  };
  for (size_t i = 0; i < size; ++i) ASSERT_TRUE(same(values[i], expected[i])) << i;
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
void expect_window(const simd::SimdTable& table, std::mt19937& rng, test::Values kind) {
  const int channels = pick(rng, 1, 40), width = table.width(), count = pick(rng, 0, 2) == 0 ? 3 : 1;
  LaneMask lanes = count == 1 && pick(rng, 0, 1) != 0 ? 0 : random_lanes(rng, width);
  std::vector<Pixel> pixels;
  for (int t = 0; t < count; ++t) {
    Pixel& pixel = pixels.emplace_back(table, channels, test::random_values(rng, channels, kind));
    pixel.held = pick(rng, 0, 3) == 0 ? 0 : random_lanes(rng, width);
    lanes |= pixel.held;
    change_held(pixel, rng, kind);
  }
  if (lanes == 0) return;
  std::vector<simd::LaneTap> taps;
  for (Pixel& pixel : pixels) {
    pixel.lay_out();
    const auto held = static_cast<size_t>(std::popcount(pixel.held));
    for (size_t l = 0; l < static_cast<size_t>(pixel.stride(pixel.held)); ++l)
      pixel.values[l] = static_cast<float>(l < held ? pick(rng, 0, 1000) : 5000);  // its changes
    taps.push_back({pixel.view(), pixel.golden.data(), static_cast<int32_t>(2 * taps.size() + 1)});
  }
  const auto row = static_cast<size_t>(pixels.front().stride(lanes));
  AlignedBuffer values(static_cast<size_t>(count * channels) * row), change(row);
  std::vector<int32_t> weight_at(static_cast<size_t>(count * channels + simd::kMaxWidth));
  std::array<float, simd::kLaneVectors> most{};
  const int cout = pick(rng, 1, 9);
  const simd::LaneRows rows = table.lane_window({.taps = taps,
                                                 .lanes = lanes,
                                                 .cin = channels,
                                                 .cout = cout,
                                                 .values = values.data(),
                                                 .weight_at = weight_at.data(),
                                                 .change = change.data(),
                                                 .most = most.data()});
  const bool is_pixel = count == 1 && pixels.front().held == lanes;
  ASSERT_EQ(rows.values, is_pixel ? taps.front().pixel.rows : values.data());
  std::vector<float> sums(row, 0.0f);
  int32_t next = 0;
  for (size_t t = 0; t < taps.size(); ++t) {
    size_t place = 0;
    for (int lane = 0; lane < width; ++lane) {
      if ((lanes >> lane & 1) == 0) continue;
      if (pixels[t].held >> lane & 1)
        sums[place] +=
            pixels[t]
                .values[static_cast<size_t>(std::popcount(pixels[t].held & ((LaneMask{1} << lane) - 1)))];
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
  for (size_t l = 0; l < row; ++l) ASSERT_EQ(change[l], sums[l]) << l;
  for (size_t v = 0; v < row / static_cast<size_t>(table.lanes); ++v) {
    const auto first = sums.begin() + static_cast<ptrdiff_t>(v) * table.lanes;
    ASSERT_EQ(most[v], *std::max_element(first, first + table.lanes));
  }
}

// Channels that are +0 in all lanes, and now and then hardly anything above 0: then the first 0 counts, with
// its sign.
Pixel pixel_of_maxima(const simd::SimdTable& table, std::mt19937& rng, test::Values kind, int channels,
                      LaneMask pack, bool is_low) {
  Pixel pixel(table, channels, test::random_values(rng, channels, kind));
  pixel.held = std::array{LaneMask{0}, pack,
                          random_lanes(rng, table.width()) & pack}[static_cast<size_t>(pick(rng, 0, 2))];
  change_held(pixel, rng, kind);
  const auto low = [&](float& value) {
    if (is_low && value > 0.0f) value = std::array{0.0f, -0.0f, -value}[static_cast<size_t>(pick(rng, 0, 2))];
  };
  for (float& value : pixel.golden.span()) low(value);
  for (auto& [at, value] : pixel.changed) low(value);
  for (int c = 0; c < channels; ++c) {
    if (pick(rng, 0, 1) != 0) continue;
    if (pixel.held != pack || pick(rng, 0, 1) != 0) pixel.golden[static_cast<size_t>(c)] = 0.0f;
    for (int lane = 0; lane < table.width(); ++lane) {
      if (pixel.held >> lane & 1) pixel.changed[{lane, c}] = 0.0f;
    }
  }
  return pixel;
}

void expect_maxima(const simd::SimdTable& table, std::mt19937& rng, test::Values kind) {
  const int channels = pick(rng, 1, 150), width = table.width(), count = pick(rng, 1, 9);
  const LaneMask pack = ~LaneMask{0} >> (64 - pick(rng, 1, width));
  const bool is_low = pick(rng, 0, 1) != 0;
  LaneMask lanes = random_lanes(rng, width) & pack;
  std::vector<Pixel> pixels;
  for (int i = 0; i < count; ++i) {
    pixels.push_back(pixel_of_maxima(table, rng, kind, channels, pack, is_low));
    lanes |= pixels.back().held;
  }
  if (lanes == 0) return;
  std::vector<simd::LaneTap> taps;
  for (Pixel& pixel : pixels) {
    pixel.lay_out(pack);
    taps.push_back({pixel.view(), pixel.golden.data(), 0});
  }
  const auto largest = [&](auto at) {
    float most = std::numeric_limits<float>::lowest();
    for (const Pixel& pixel : pixels) most = at(pixel) > most ? at(pixel) : most;
    return most;
  };
  AlignedBuffer golden(static_cast<size_t>(channels)), sums(static_cast<size_t>(channels * width));
  for (int c = 0; c < channels; ++c)
    golden[static_cast<size_t>(c)] =
        largest([&](const Pixel& pixel) { return pixel.golden[static_cast<size_t>(c)]; });
  std::vector<int32_t> next(taps.size()), listed(static_cast<size_t>(channels));
  const int32_t rows = table.lane_maxima({.pixels = taps,
                                          .lanes = lanes,
                                          .channels = channels,
                                          .golden = golden.data(),
                                          .next = next.data(),
                                          .sums = sums.data(),
                                          .out_channels = listed.data()});
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

template <class Expect>
void on_every_table(Expect expect) {
  std::mt19937 rng(77);
  for (const KernelSet set : available_kernel_sets()) {
    const simd::SimdTable* table = simd::simd_table(set);
    if (table == nullptr) continue;
    for (int i = 0; i < 400; ++i) {
      for (const test::Values kind : {test::Values::ordinary, test::Values::sparse, test::Values::nasty}) {
        expect(*table, rng, kind);
        if (testing::Test::HasFatalFailure()) FAIL() << kernel_set_name(set) << ", round " << i;
      }
    }
  }
}

TEST(LaneWindow, HasARowPerInputThatIsNotZero) { on_every_table(expect_window); }
TEST(LaneMaxima, AreThoseOfEveryLane) { on_every_table(expect_maxima); }
TEST(LaneMerge, PutsEveryChangeIntoThePixel) { on_every_table(expect_merged); }
TEST(Columns, GivesValuesAndWhatDiffers) { on_every_table(expect_columns); }

}  // namespace
}  // namespace tf_injector
