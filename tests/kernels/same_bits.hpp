// "Equal in every bit": the same 32 bits, or NaN on both sides.
#pragma once

#include <gtest/gtest.h>

#include <span>

#include "core/bits.hpp"

namespace tf_injector::detail::test {

inline bool same_bits(float a, float b) { return float_bits(a) == float_bits(b) || (is_nan(a) && is_nan(b)); }

inline testing::AssertionResult same_bits(std::span<const float> expected, std::span<const float> actual) {
  if (expected.size() != actual.size())
    return testing::AssertionFailure() << "sizes " << expected.size() << " and " << actual.size();
  size_t different = 0, first = 0;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!same_bits(expected[i], actual[i]) && different++ == 0) first = i;
  }
  if (different == 0) return testing::AssertionSuccess();
  return testing::AssertionFailure() << different << " of " << expected.size()
                                     << " elements differ, the first at " << first << ": expected "
                                     << expected[first] << " (" << std::hex << float_bits(expected[first])
                                     << "), found " << actual[first] << " (" << float_bits(actual[first])
                                     << ")";
}

}  // namespace tf_injector::detail::test
