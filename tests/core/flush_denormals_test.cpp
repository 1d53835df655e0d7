// Denormals count as zero while a FlushDenormals lives, and only then.
#include "core/flush_denormals.hpp"

#include <gtest/gtest.h>

#include "core/bits.hpp"

namespace tf_injector::detail {
namespace {

// The compiler must not compute at compile time, nor across a change of the mode.
[[gnu::noinline]] float product(float a, float b) {
  volatile float x = a, y = b;
  return x * y;
}

TEST(FlushDenormals, InputsAndResultsBecomeZeroAndKeepTheSign) {
  const float denormal = bits_float(0x00000001u), tiny = 1e-30f;
  EXPECT_NE(product(tiny, 1e-10f), 0.0f);
  {
    const FlushDenormals flush;
    EXPECT_EQ(float_bits(product(tiny, 1e-10f)), 0u);
    EXPECT_EQ(float_bits(product(-tiny, 1e-10f)), 0x80000000u);
    EXPECT_EQ(float_bits(product(denormal, 1e30f)), 0u);
    EXPECT_EQ(product(tiny, 0.5f), 0.5e-30f);
  }
  EXPECT_NE(product(tiny, 1e-10f), 0.0f);
  EXPECT_NE(float_bits(product(denormal, 1e30f)), 0u);
}

}  // namespace
}  // namespace tf_injector::detail
