// What is fed to an input of another type, against what TensorFlow 2.14 and 2.21 make of it: a model of an
// InputLayer of that type and nothing else, called with these values.
#include "graph/number_type.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace tf_injector::detail {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kFed[] = {-1.5f,  -0.5f,   0.4f,  0.9f,   1.5f,          254.9f, 255.9f, 256.0f,
                      300.7f, -300.0f, 1e10f, -1e10f, std::nanf(""), kInf,   -kInf,  65537.3f};

std::vector<float> stored(NumberType type) {
  std::vector<float> values;
  for (const float value : kFed) values.push_back(stored_as(type, value));
  return values;
}

TEST(NumberType, StoresAsTensorFlow) {
  EXPECT_EQ(stored(NumberType::uint8),
            (std::vector<float>{255, 0, 0, 0, 1, 254, 255, 0, 44, 212, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(stored(NumberType::int8),
            (std::vector<float>{-1, 0, 0, 0, 1, -2, -1, 0, 44, -44, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(stored(NumberType::int16),
            (std::vector<float>{-1, 0, 0, 0, 1, 254, 255, 256, 300, -300, 0, 0, 0, 0, 0, 1}));
  EXPECT_EQ(stored(NumberType::uint16),
            (std::vector<float>{65535, 0, 0, 0, 1, 254, 255, 256, 300, 65236, 0, 0, 0, 0, 0, 1}));
  constexpr float k31 = -2147483648.0f, k63 = -9223372036854775808.0f;
  EXPECT_EQ(stored(NumberType::int32),
            (std::vector<float>{-1, 0, 0, 0, 1, 254, 255, 256, 300, -300, k31, k31, k31, k31, k31, 65537}));
  EXPECT_EQ(stored(NumberType::int64), (std::vector<float>{-1, 0, 0, 0, 1, 254, 255, 256, 300, -300, 1e10f,
                                                           -1e10f, k63, k63, k63, 65537}));
}

TEST(NumberType, HalvesAreRounded) {
  const std::vector<float> halves = stored(NumberType::float16);
  const std::vector<float> expected{-1.5f,    -0.5f,  0.39990234f, 0.89990234f, 1.5f, 254.875f,
                                    255.875f, 256.0f, 300.75f,     -300.0f,     kInf, -kInf,
                                    kInf,     kInf,   -kInf,       kInf};
  for (size_t i = 0; i < halves.size(); ++i) {
    if (std::isnan(kFed[i])) {
      EXPECT_TRUE(std::isnan(halves[i]));
    } else {
      EXPECT_EQ(halves[i], expected[i]) << kFed[i];
    }
  }
  EXPECT_EQ(stored_as(NumberType::float16, 65519.0f), 65504.0f);
  EXPECT_EQ(stored_as(NumberType::float16, 65520.0f), kInf);
  EXPECT_EQ(stored_as(NumberType::float16, 2.9e-8f), 0.0f);                   // below half of the least
  EXPECT_EQ(stored_as(NumberType::float16, 3.0e-8f), std::ldexp(1.0f, -24));  // a denormal half
  EXPECT_EQ(stored_as(NumberType::float16, 1.00048828125f), 1.0f);            // a tie goes to even
}

#if defined(__FLT16_MAX__)
TEST(NumberType, HalvesAreTheCompilers) {
  uint32_t bits = 1;
  for (int i = 0; i < 200000; ++i) {
    bits = bits * 1664525u + 1013904223u;
    float value = 0;
    static_assert(sizeof value == sizeof bits);
    __builtin_memcpy(&value, &bits, sizeof value);
    if (std::isnan(value)) continue;
    ASSERT_EQ(stored_as(NumberType::float16, value), static_cast<float>(static_cast<_Float16>(value)));
  }
}
#endif

TEST(NumberType, NamesAreKeras) {
  for (const char* name :
       {"float32", "float16", "float64", "uint8", "int8", "uint16", "int16", "int32", "int64"}) {
    const auto type = find_number_type(name);
    ASSERT_TRUE(type) << name;
    EXPECT_STREQ(number_type_name(*type), name);
    EXPECT_EQ(is_integer(*type), std::string_view(name).find("int") != std::string_view::npos);
    EXPECT_TRUE(holds_all_of(*type, *type));
    EXPECT_TRUE(holds_all_of(NumberType::float32, *type));
  }
  EXPECT_FALSE(find_number_type("bfloat16"));
  EXPECT_FALSE(find_number_type("string"));
}

TEST(NumberType, WhatHoldsAllValues) {
  EXPECT_TRUE(holds_all_of(NumberType::int16, NumberType::uint8));
  EXPECT_TRUE(holds_all_of(NumberType::float16, NumberType::uint8));
  EXPECT_FALSE(holds_all_of(NumberType::uint8, NumberType::int8));
  EXPECT_FALSE(holds_all_of(NumberType::uint8, NumberType::float32));
  EXPECT_FALSE(holds_all_of(NumberType::float16, NumberType::int16));
  EXPECT_FALSE(holds_all_of(NumberType::int32, NumberType::int64));
}

}  // namespace
}  // namespace tf_injector::detail
