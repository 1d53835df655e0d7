// The fields of a stored weight (sign, exponent, mantissa) by which summaries group faults.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "tf_injector/storage.hpp"

namespace tf_injector {

struct BitGroup {
  const char* name;  // "exponent"
  int first_bit;     // lowest bit, 0 = lowest mantissa bit
  int last_bit;      // highest bit, included
};

// From the highest bit down, which is the order of summaries: sign, exponent, mantissa; of int8 sign and
// magnitude, the seven bits below.
[[nodiscard]] std::span<const BitGroup> bit_groups(StorageFormat format = StorageFormat::float32) noexcept;

// The index in bit_groups of the group of `bit`, which the format has.
[[nodiscard]] size_t bit_group_of(int bit, StorageFormat format = StorageFormat::float32) noexcept;

// "sign (31)", "exponent (23-30)", "mantissa (0-22)".
[[nodiscard]] std::string bit_group_label(const BitGroup& group);

}  // namespace tf_injector
