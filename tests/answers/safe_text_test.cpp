#include "answers/safe_text.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

constexpr const char* kReplaced = "\xEF\xBF\xBD";  // U+FFFD

TEST(SafeText, PlainTextStaysAsItIs) {
  EXPECT_EQ(safe_text("conv2d_1"), "conv2d_1");
  EXPECT_EQ(safe_text("\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xA5"), "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x94\xA5");
}

TEST(SafeText, WhatIsNoTextIsReplaced) {
  const std::string r = kReplaced;
  for (const char* bad : {"\xFF", "\x80", "\xC0", "\x01", "\x1b", "\n", "\x7F", "\xC2\x85", "\xE2\x80\xAE",
                          "\xE2\x81\xA6", "\xD8\x9C", "\xE2\x80\xA8", "\xEF\xBF\xBE"})
    EXPECT_EQ(safe_text("a" + std::string(bad) + "b"), "a" + r + "b") << bad;
  EXPECT_EQ(safe_text("\xC3"), r);                  // cut
  EXPECT_EQ(safe_text("\xC0\xAF"), r + r);          // overlong
  EXPECT_EQ(safe_text("\xED\xA0\x80"), r + r + r);  // a surrogate
  EXPECT_EQ(safe_text("\xF4\x90\x80\x80"), r + r + r + r);
  EXPECT_EQ(safe_text(std::string("a\0b", 3)), "a" + r + "b");
}

TEST(SafeText, NothingOfMarkupIsLeft) {
  EXPECT_EQ(escaped("<a b=\"c\" d='e'>&amp;"), "&lt;a b=&quot;c&quot; d=&#39;e&#39;&gt;&amp;amp;");
}

TEST(SafeText, LongNamesLoseTheirMiddle) {
  EXPECT_EQ(shortened("conv2d", 6), "conv2d");
  EXPECT_EQ(shortened("block_1/conv2d", 9), "bloc\u2026nv2d");
  EXPECT_EQ(shortened("\xF0\x9F\x94\xA5\xF0\x9F\x94\xA5\xF0\x9F\x94\xA5", 5),
            "\xF0\x9F\x94\xA5\u2026\xF0\x9F\x94\xA5");
  for (size_t longest = 3; longest < 20; ++longest)
    EXPECT_LE(text_width(shortened("\xE4\xBD\xA0\xE5\xA5\xBD_a_long_name_of_a_layer", longest)), longest);
}

TEST(SafeText, WideCharactersCountTwice) {
  EXPECT_EQ(text_width("abc"), 3U);
  EXPECT_EQ(text_width("\xE4\xBD\xA0\xE5\xA5\xBD"), 4U);
  EXPECT_EQ(text_width("e\xCC\x81"), 1U);
}

}  // namespace
}  // namespace tf_injector::detail
