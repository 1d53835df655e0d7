#include "cli/flag_values.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

TEST(ParseSize, UnitsArePowersOf1024AndWithBPowersOf1000) {
  EXPECT_EQ(parse_size("--memory", "4G"), 4ULL << 30);
  EXPECT_EQ(parse_size("--memory", "512M"), 512ULL << 20);
  EXPECT_EQ(parse_size("--memory", "1.5G"), 3ULL << 29);
  EXPECT_EQ(parse_size("--memory", "2GiB"), 2ULL << 30);
  EXPECT_EQ(parse_size("--memory", "2GB"), 2000000000ULL);
  EXPECT_EQ(parse_size("--memory", "3k"), 3072ULL);
  EXPECT_EQ(parse_size("--memory", "1T"), 1ULL << 40);
  EXPECT_EQ(parse_size("--memory", "123456789"), 123456789ULL);
  EXPECT_EQ(parse_size("--memory", "7B"), 7ULL);
}

TEST(ParseSize, RefusesEverythingElse) {
  for (const char* text : {"", "G", "-4G", "0", "0.0001", "4 G", "4g", "4Gi", "4GG", "nan", "infG", "1e300",
                           "9999999T", "0x10", "4G "}) {
    EXPECT_THROW((void)parse_size("--memory", text), Error) << text;
  }
}

TEST(ParseInteger, Limits) {
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(parse_integer("-r", "9223372036854775807", least, most), most);
  EXPECT_EQ(parse_integer("-r", "-9223372036854775808", least, most), least);
  EXPECT_EQ(parse_integer("-r", "+7", least, most), 7);
  for (const char* text : {"9223372036854775808", "", "+", "-", "+-1", "1 ", " 1", "0x1", "1_0", "1."}) {
    EXPECT_THROW((void)parse_integer("-r", text, least, most), Error) << text;
  }
}

TEST(ParseTriple, ReadsAsPythonDoes) {
  const std::array<float, 3> triple = parse_triple("--mean", "0.5070751592371323, 1e-3,-2");
  EXPECT_EQ(triple[0], static_cast<float>(0.5070751592371323));
  EXPECT_EQ(triple[1], 0.001F);
  EXPECT_EQ(triple[2], -2.0F);
  for (const char* text :
       {"", "1,2", "1,2,3,4", "1,2,3,", "1;2;3", "1,2,nan", "1,2,inf", "1,2,1e39", "a,b,c"}) {
    EXPECT_THROW((void)parse_triple("--mean", text), Error) << text;
  }
}

}  // namespace
}  // namespace tf_injector::detail::cli
