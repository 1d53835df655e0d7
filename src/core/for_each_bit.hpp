// The set bits of a mask, one after the other.
#pragma once

#include <bit>
#include <cstdint>

namespace tf_injector::detail {

// Calls visit(i) for every bit i that is set, ascending.
template <class Visit>
void for_each_bit(uint64_t bits, Visit visit) {
  for (; bits != 0; bits &= bits - 1) visit(std::countr_zero(bits));
}

}  // namespace tf_injector::detail
