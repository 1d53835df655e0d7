// Random packs for the tests of single entries of the SIMD table, and the loop over all instruction sets.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <map>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/bits.hpp"
#include "core/flush_denormals.hpp"
#include "kernels/kernel_set.hpp"
#include "kernels/random_values.hpp"
#include "kernels/same_bits.hpp"
#include "kernels/simd/simd_table.hpp"
#include "support/guarded_array.hpp"

namespace tf_injector::test {

using simd::LaneMask;

// tiny: products that are denormal or vanish, of either sign.
enum class PackValues { ordinary, sparse, nasty, tiny };

inline int pick(std::mt19937& rng, int from, int to) {
  return std::uniform_int_distribution<int>(from, to)(rng);
}
inline bool flip(std::mt19937& rng) { return pick(rng, 0, 1) != 0; }

inline std::vector<float> pack_values(std::mt19937& rng, int64_t count, PackValues kind) {
  if (kind == PackValues::ordinary) return random_values(rng, count, Values::ordinary);
  if (kind == PackValues::sparse) return random_values(rng, count, Values::sparse);
  if (kind == PackValues::nasty) return random_values(rng, count, Values::nasty);
  std::vector<float> values = random_values(rng, count, Values::sparse);
  for (float& value : values) value *= std::ldexp(1.0f, -pick(rng, 50, 90));
  return values;
}

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

inline int vectors_of(const simd::SimdTable& table, int lanes) {
  return (lanes + table.lanes - 1) / table.lanes;
}

// Some of 0 .. count - 1, ascending, at least one.
inline std::vector<int32_t> some_of(std::mt19937& rng, int count) {
  std::vector<int32_t> chosen;
  const double share = pick(rng, 1, 10) / 10.0;
  for (int i = 0; i < count; ++i) {
    if (std::bernoulli_distribution(share)(rng)) chosen.push_back(i);
  }
  if (chosen.empty()) chosen.push_back(pick(rng, 0, count - 1));
  return chosen;
}

// A pixel as every lane of a pack has it, and the same as replay keeps it.
struct Pixel {
  Pixel(const simd::SimdTable& simd_table, int channel_count, std::vector<float> golden_values)
      : table(simd_table), channels(channel_count), golden(std::span<const float>(golden_values)) {}

  [[nodiscard]] float at(int lane, int channel) const {
    const auto found = changed.find({lane, channel});
    return found != changed.end() ? found->second : golden[static_cast<size_t>(channel)];
  }
  [[nodiscard]] int64_t stride(LaneMask lanes) const {
    return int64_t{vectors_of(table, std::popcount(lanes))} * table.lanes;
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
      for (const int lane : lanes_of(held)) {
        to[place++] = at(lane, c);
        is_zero = is_zero && float_bits(at(lane, c)) == 0;
      }
      if (!is_zero) listed.push_back(c);
    }
    listed_with_padding = listed;
    listed_with_padding.resize(static_cast<size_t>(channels + simd::kMaxWidth));
  }
  // The squared norm of every held lane's difference from golden, and what must not count behind the last.
  void set_changes(std::mt19937& rng) {
    const auto lanes = static_cast<size_t>(std::popcount(held));
    for (size_t l = 0; l < static_cast<size_t>(stride(held)); ++l)
      values[l] = static_cast<float>(l < lanes ? pick(rng, 0, 1000) : 5000);
  }
  [[nodiscard]] float change_of(int lane) const {
    if ((held >> lane & 1) == 0) return 0.0f;
    return values[static_cast<size_t>(std::popcount(held & ((LaneMask{1} << lane) - 1)))];
  }
  [[nodiscard]] simd::LanePixel view() const {
    if (held == 0) return {};
    return {held, values.data(), values.data() + stride(held), listed_with_padding.data(),
            static_cast<int32_t>(listed.size())};
  }
  // Other values in every channel of the held lanes.
  void change_held(std::mt19937& rng, PackValues kind) {
    for (const int lane : lanes_of(held)) {
      const std::vector<float> random = pack_values(rng, channels, kind);
      for (int c = 0; c < channels; ++c) changed[{lane, c}] = random[static_cast<size_t>(c)];
    }
  }

  const simd::SimdTable& table;
  int channels;
  AlignedBuffer golden;
  LaneMask held = 0;
  std::map<std::pair<int, int>, float> changed;  // by lane and channel
  AlignedBuffer values;
  std::vector<int32_t> listed, listed_with_padding;
};

// expect(table, rng, kind), `rounds` times for every instruction set of this machine and kind of values, with
// denormals as they are and as replay has them: flushed.
template <class Expect>
void on_every_table(int rounds, Expect expect) {
  std::mt19937 rng(77);
  for (const KernelSet set : available_kernel_sets()) {
    const simd::SimdTable* table = simd::simd_table(set);
    if (table == nullptr) continue;
    for (int round = 0; round < rounds; ++round) {
      for (const PackValues kind :
           {PackValues::ordinary, PackValues::sparse, PackValues::nasty, PackValues::tiny}) {
        std::optional<FlushDenormals> flush;
        if (round % 2 == 0) flush.emplace();
        expect(*table, rng, kind);
        if (testing::Test::HasFatalFailure()) {
          FAIL() << kernel_set_name(set) << ", round " << round << ", values " << static_cast<int>(kind);
        }
      }
    }
  }
}

}  // namespace tf_injector::test
