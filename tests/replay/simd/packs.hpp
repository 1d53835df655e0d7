// Random packs of faults for the tests of single entries of replay's SIMD table.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <map>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bits.hpp"
#include "kernels/same_bits.hpp"
#include "replay/simd/pack_table.hpp"
#include "support/every_table.hpp"
#include "support/guarded_array.hpp"

namespace tf_injector::detail::test {

using replay::simd::LaneMask;

inline LaneMask random_lanes(std::mt19937& rng, int width) {
  LaneMask lanes = 0;
  const double share = pick(rng, 1, 10) / 10.0;
  for (int lane = 0; lane < width; ++lane) lanes |= LaneMask{std::bernoulli_distribution(share)(rng)} << lane;
  return lanes;
}

// Of `of`: some.
inline LaneMask some_lanes(std::mt19937& rng, LaneMask of) { return of & random_lanes(rng, 64); }

inline std::vector<int> lanes_of(LaneMask mask) {
  std::vector<int> lanes;
  for (; mask != 0; mask &= mask - 1) lanes.push_back(std::countr_zero(mask));
  return lanes;
}

template <class Expect>
void on_every_pack_table(int rounds, Expect expect) {
  on_every_set(&replay::simd::pack_table, rounds, expect);
}

inline int vectors_of(const replay::simd::PackTable& table, int lanes) {
  return (lanes + table.lanes - 1) / table.lanes;
}

// A pixel as every lane of a pack has it, and the same as replay keeps it.
struct Pixel {
  Pixel(const replay::simd::PackTable& pack_table, int channel_count, std::vector<float> golden_values)
      : table(pack_table), channels(channel_count) {
    golden_values.resize(golden_values.size() + replay::simd::kMaxWidth, 3.0f);  // the next pixel's
    golden = AlignedBuffer(std::span<const float>(golden_values));
  }

  [[nodiscard]] float at(int lane, int channel) const {
    const auto found = changed.find({lane, channel});
    return found != changed.end() ? found->second : golden[static_cast<size_t>(channel)];
  }
  [[nodiscard]] int64_t stride(LaneMask lanes) const {
    return int64_t{vectors_of(table, std::popcount(lanes))} * table.lanes;
  }
  // A row per channel that is not +0 in some changed lane or in golden, which does not count where every lane
  // of the pack is changed.
  void lay_out(LaneMask pack = 0) {
    const int64_t row = stride(changed_lanes);
    values = AlignedBuffer(static_cast<size_t>((channels + 1) * row));
    listed.clear();
    for (int c = 0; c < channels; ++c) {
      float* to = values.data() + static_cast<int64_t>(listed.size() + 1) * row;
      bool is_zero = changed_lanes == pack || float_bits(golden[static_cast<size_t>(c)]) == 0;
      int place = 0;
      for (const int lane : lanes_of(changed_lanes)) {
        to[place++] = at(lane, c);
        is_zero = is_zero && float_bits(at(lane, c)) == 0;
      }
      if (!is_zero) listed.push_back(c);
    }
    listed_with_padding = listed;
    listed_with_padding.resize(static_cast<size_t>(channels + replay::simd::kMaxWidth));
  }
  // The squared norm of every changed lane's difference from golden, and what must not count behind the last.
  void set_changes(std::mt19937& rng) {
    const auto lanes = static_cast<size_t>(std::popcount(changed_lanes));
    for (size_t l = 0; l < static_cast<size_t>(stride(changed_lanes)); ++l)
      values[l] = static_cast<float>(l < lanes ? pick(rng, 0, 1000) : 5000);
  }
  [[nodiscard]] float change_of(int lane) const {
    if ((changed_lanes >> lane & 1) == 0) return 0.0f;
    return values[static_cast<size_t>(std::popcount(changed_lanes & ((LaneMask{1} << lane) - 1)))];
  }
  [[nodiscard]] replay::simd::LanePixel view() const {
    if (changed_lanes == 0) return {};
    return {changed_lanes, values.data(), values.data() + stride(changed_lanes), listed_with_padding.data(),
            static_cast<int32_t>(listed.size())};
  }
  // Other values in every channel of the changed lanes.
  void change_lanes(std::mt19937& rng, PackValues kind) {
    for (const int lane : lanes_of(changed_lanes)) {
      const std::vector<float> random = pack_values(rng, channels, kind);
      for (int c = 0; c < channels; ++c) changed[{lane, c}] = random[static_cast<size_t>(c)];
    }
  }

  const replay::simd::PackTable& table;
  int channels;
  AlignedBuffer golden;  // [channels], and some of the pixel behind
  LaneMask changed_lanes = 0;
  std::map<std::pair<int, int>, float> changed;  // by lane and channel
  AlignedBuffer values;
  std::vector<int32_t> listed, listed_with_padding;
};

}  // namespace tf_injector::detail::test
