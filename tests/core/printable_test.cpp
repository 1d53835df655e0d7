#include "core/printable.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(Printable, ControlCharactersAreEscapedAndLongTextIsCut) {
  EXPECT_EQ(printable("conv2d (3,3) \xC3\xA9"), "conv2d (3,3) \xC3\xA9");
  EXPECT_EQ(printable(std::string_view("a\n\0\x1B[31m\x7F", 9)), "a\\x0a\\x00\\x1b[31m\\x7f");
  EXPECT_EQ(printable("abcdef", 5), "abcde...");
  EXPECT_EQ(printable("abcde", 5), "abcde");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, QuotesAreOutsideOfWhatIsCut) {
  const std::string sixty(60, 'x');
  EXPECT_EQ(double_quoted("a\tb \xC3\xA9"), "\"a\\x09b \xC3\xA9\"");
  EXPECT_EQ(double_quoted(sixty), "\"" + sixty + "\"");
  EXPECT_EQ(double_quoted(sixty + "y"), "\"" + sixty + "...\"");
  EXPECT_EQ(single_quoted("a\tb \xC3\xA9\x7F~"), "'a\\x09b \\xc3\\xa9\\x7f~'");
  EXPECT_EQ(single_quoted(sixty), "'" + sixty + "'");
  EXPECT_EQ(single_quoted(sixty + "y"), "'" + sixty + "...'");
}

TEST(OneLine, ControlCharactersAreReplaced) {
  EXPECT_EQ(one_line("a\r\nb\x1B[31m\x7F \xC3\xA9"), "a??b?[31m? \xC3\xA9");
  EXPECT_EQ(one_line(std::string(1000, 'x')).size(), 1000u);
  EXPECT_EQ(one_line("ab\ncd", 3), "ab?...");
  EXPECT_EQ(one_line("ab\n", 3), "ab?");
}

}  // namespace
}  // namespace tf_injector::detail
