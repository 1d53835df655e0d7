// Random arguments for entries of the SIMD table, and the loop over all instruction sets of this machine.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <random>
#include <vector>

#include "core/flush_denormals.hpp"
#include "kernels/kernel_set.hpp"
#include "kernels/random_values.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail::test {

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

// expect(*table_of(set), rng, kind), `rounds` times for every instruction set of this machine and kind of
// values, with denormals as they are and as replay has them: flushed.
template <class Table, class Expect>
void on_every_set(const Table* (*table_of)(KernelSet), int rounds, Expect expect) {
  std::mt19937 rng(77);
  for (const KernelSet set : available_kernel_sets()) {
    const Table* table = table_of(set);
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

template <class Expect>
void on_every_table(int rounds, Expect expect) {
  on_every_set(&simd::simd_table, rounds, expect);
}

}  // namespace tf_injector::detail::test
