#include "core/bytes_text.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(BytesText, HasTwoOrThreeDigitsAndAUnit) {
  EXPECT_EQ(bytes_text(0), "0 bytes");
  EXPECT_EQ(bytes_text(999), "999 bytes");
  EXPECT_EQ(bytes_text(1000), "1.0 kB");
  EXPECT_EQ(bytes_text(9949), "9.9 kB");
  EXPECT_EQ(bytes_text(9950), "10 kB");
  EXPECT_EQ(bytes_text(999499), "999 kB");
  EXPECT_EQ(bytes_text(999500), "1.0 MB");
  EXPECT_EQ(bytes_text(6'656'000'000), "6.7 GB");
  EXPECT_EQ(bytes_text(12'000'000'000'000'000), "12000 TB");
}

}  // namespace
}  // namespace tf_injector::detail
