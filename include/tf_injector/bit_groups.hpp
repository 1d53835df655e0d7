// The three fields of a float32 (sign, exponent, mantissa) by which summaries group faults.
#pragma once

#include <array>
#include <cstddef>
#include <string>

namespace tf_injector {

struct BitGroup {
  const char* name;  // "exponent"
  int first_bit;     // lowest bit, 0 = lowest mantissa bit
  int last_bit;      // highest bit, included
};

// From the highest bit down, which is the order of summaries.
inline constexpr std::array<BitGroup, 3> kBitGroups{
    {{"sign", 31, 31}, {"exponent", 23, 30}, {"mantissa", 0, 22}}};

// The index in kBitGroups of the group of `bit` (0..31).
[[nodiscard]] constexpr size_t bit_group_of(int bit) noexcept { return bit >= 31 ? 0 : bit >= 23 ? 1 : 2; }

// "sign (31)", "exponent (23-30)", "mantissa (0-22)".
[[nodiscard]] std::string bit_group_label(const BitGroup& group);

}  // namespace tf_injector
