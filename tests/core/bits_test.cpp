// Bits of floats, widening of 16-bit floats, shapes.
#include "core/bits.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/half.hpp"
#include "core/shape.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(Bits, FlippingChangesOneBitAndTwiceNone) {
  for (const uint32_t start : {0u, 0x3F800000u, 0x7F800000u, 0x7FC00000u, 0x7F800001u, 0xFFFFFFFFu}) {
    for (int bit = 0; bit < 32; ++bit) {
      const float flipped = flip_bit(bits_float(start), bit);
      EXPECT_EQ(float_bits(flipped), start ^ (1u << bit));
      EXPECT_EQ(float_bits(flip_bit(flipped, bit)), start);
    }
  }
}

TEST(Bits, KnownFlipsOfOne) {
  EXPECT_EQ(flip_bit(1.0f, 31), -1.0f);
  EXPECT_EQ(flip_bit(1.0f, 30), kInfinity);
  EXPECT_EQ(flip_bit(1.0f, 23), 0.5f);
  EXPECT_EQ(flip_bit(1.0f, 22), 1.5f);
  EXPECT_EQ(flip_bit(1.0f, 0), 1.0f + std::numeric_limits<float>::epsilon());
}

TEST(Bits, NanAndFinite) {
  for (const uint32_t bits : {0x7F800001u, 0x7FC00000u, 0xFFC00000u, 0xFF800001u, 0x7FFFFFFFu}) {
    EXPECT_TRUE(is_nan(bits_float(bits)));
    EXPECT_FALSE(is_finite(bits_float(bits)));
    EXPECT_EQ(float_bits(canonical_nan(bits_float(bits))), kCanonicalNan);
  }
  for (const float x : {0.0f, -0.0f, 1.0f, -3.4028235e38f, 1e-45f, kInfinity, -kInfinity}) {
    EXPECT_FALSE(is_nan(x));
    EXPECT_EQ(is_finite(x), x != kInfinity && x != -kInfinity);
    EXPECT_EQ(float_bits(canonical_nan(x)), float_bits(x));
  }
}

// All 65536 values are compared with NumPy in tests/oracle/test_npy.py.
TEST(Half, Corners) {
  struct Case {
    uint16_t half;
    uint32_t bits;
  };
  for (const auto& [half, bits] :
       {Case{0x0000, 0x00000000}, Case{0x8000, 0x80000000}, Case{0x3C00, 0x3F800000},
        Case{0x0001, 0x33800000}, Case{0x03FF, 0x387FC000}, Case{0x0400, 0x38800000},
        Case{0x7BFF, 0x477FE000}, Case{0x7C00, 0x7F800000}, Case{0xFC00, 0xFF800000},
        Case{0x7E01, 0x7FC02000}, Case{0xFC01, 0xFF802000}}) {
    EXPECT_EQ(float_bits(half_to_float(half)), bits) << std::hex << half;
  }
}

TEST(Half, Bfloat16IsTheUpperHalf) {
  for (uint32_t upper = 0; upper < 0x10000; ++upper) {
    ASSERT_EQ(float_bits(bfloat16_to_float(static_cast<uint16_t>(upper))), upper << 16);
  }
}

TEST(Shape, PrintsAsPythonTuple) {
  EXPECT_EQ(Shape{}.to_string(), "()");
  EXPECT_EQ(Shape{10}.to_string(), "(10,)");
  EXPECT_EQ((Shape{32, 32, 3}).to_string(), "(32, 32, 3)");
}

TEST(Shape, Elements) {
  EXPECT_EQ(Shape{}.elements(), 1);
  EXPECT_EQ((Shape{2, 3, 4}).elements(), 24);
  EXPECT_EQ((Shape{2, 0, 4}).elements(), 0);
  constexpr int64_t kLarge = int64_t{1} << 40;
  EXPECT_EQ((Shape{kLarge, kLarge}).elements(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ((Shape{kLarge, kLarge, 0}).elements(), 0);
}

TEST(Shape, AccessIsChecked) {
  const Shape shape{2, 3};
  EXPECT_EQ(shape.rank(), 2);
  EXPECT_EQ(shape[1], 3);
  EXPECT_EQ(shape.back(), 3);
  EXPECT_THROW((void)shape[2], std::out_of_range);
  EXPECT_THROW((void)shape[-1], std::out_of_range);
  EXPECT_THROW((void)Shape{}.back(), std::out_of_range);
}

}  // namespace
}  // namespace tf_injector::detail
