#include "core/toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

using testing::StartsWith;

std::string refusal(std::string_view text) {
  try {
    (void)parse_toml(text);
  } catch (const TomlError& error) {
    return error.what();
  }
  return "accepted";
}

TomlEntry only(std::string_view text) {
  const std::vector<TomlEntry> entries = parse_toml(text);
  EXPECT_EQ(entries.size(), 1U);
  return entries.at(0);
}

std::string value_of(const std::string& text) { return only("k = " + text).values.at(0).text; }

TEST(Toml, KeysValuesAndLines) {
  const auto entries = parse_toml(
      "\xEF\xBB\xBF# a campaign\r\n\r\nfault-list = \"f.csv\" # of "
      "it\r\n\"threads\"=4\n'quiet'\t=\ttrue\nmean = [0.1,\n"
      "  2, # two\n  -3e1,\n]\nb_1 = []");
  ASSERT_EQ(entries.size(), 5U);
  using Kind = TomlValue::Kind;
  EXPECT_EQ(entries[0].key, "fault-list");
  EXPECT_EQ(entries[0].line, 3);
  EXPECT_EQ(entries[0].values.at(0).text, "f.csv");
  EXPECT_EQ(entries[0].values.at(0).kind, Kind::text);
  EXPECT_EQ(entries[1].key, "threads");
  EXPECT_EQ(entries[1].values.at(0).kind, Kind::number);
  EXPECT_EQ(entries[2].key, "quiet");
  EXPECT_EQ(entries[2].values.at(0).kind, Kind::boolean);
  EXPECT_FALSE(entries[2].is_list);
  EXPECT_TRUE(entries[3].is_list);
  ASSERT_EQ(entries[3].values.size(), 3U);
  EXPECT_EQ(entries[3].values[2].text, "-3e1");
  EXPECT_EQ(entries[4].line, 10);
  EXPECT_TRUE(entries[4].values.empty());
  EXPECT_TRUE(parse_toml("").empty());
  EXPECT_TRUE(parse_toml("# nothing").empty());
}

TEST(Toml, TextsAndNumbers) {
  EXPECT_EQ(value_of(R"("a\tb\"\\\u00e9\U0001F600")"), "a\tb\"\\\xC3\xA9\xF0\x9F\x98\x80");
  EXPECT_EQ(value_of(R"('a\tb"')"), "a\\tb\"");
  EXPECT_EQ(value_of("'#'"), "#");
  EXPECT_EQ(value_of("\"\""), "");
  EXPECT_EQ(value_of("+1_000"), "1000");
  EXPECT_EQ(value_of("-0.5"), "-0.5");
  EXPECT_EQ(value_of("6.25e-7"), "6.25e-7");
  EXPECT_EQ(value_of("1E+2"), "1e2");
}

TEST(Toml, WhatIsNoneIsRefusedAtItsPlace) {
  EXPECT_EQ(refusal("a = 1\n[run]"), "2:1: tables are not read here; write every key without one");
  EXPECT_EQ(refusal("a.b = 1"), "1:2: dotted keys are not read here");
  EXPECT_EQ(refusal("a = {}"), "1:5: inline tables are not read here");
  EXPECT_EQ(refusal("a = [[1]]"), "1:6: lists of lists are not read here");
  EXPECT_EQ(refusal("a = \"\"\"x\"\"\""), "1:5: texts of several lines are not read here");
  EXPECT_EQ(refusal("a"), "1:2: expected '=' behind the key, found the end of the file");
  EXPECT_EQ(refusal("= 1"), "1:1: expected a key, found '='");
  EXPECT_EQ(refusal("a = 1 2"), "1:7: expected the end of the line, found '2'");
  EXPECT_EQ(refusal("a = \"x\nb = 1"), "1:7: expected the closing quote, found the end of the line");
  EXPECT_EQ(refusal("a = [1 2]"), "1:8: expected ',' or ']', found '2'");
  EXPECT_EQ(refusal("a = [1,"), "1:8: expected ']', found the end of the file");
  EXPECT_EQ(refusal("a = 1\n\n a = 2"), "3:2: 'a' stands in line 1 already");
  EXPECT_EQ(refusal("a = \"\\x41\""), "1:6: this escape is not TOML's");
  EXPECT_EQ(refusal("a = \"\\uD800\""), "1:6: this escape is not TOML's");
  EXPECT_EQ(refusal("a = \"\\U00110000\""), "1:6: this escape is not TOML's");
  EXPECT_EQ(refusal("a = \"\\u00\""), "1:6: this escape is not TOML's");
  EXPECT_EQ(refusal("a = \"\\u0000\""), "1:6: NUL in a text");
  EXPECT_EQ(refusal(std::string_view("a = 1\nb\0", 8)), "2:2: NUL byte");
  EXPECT_EQ(refusal("a = '\x1b'"), "1:6: control character");
  EXPECT_EQ(refusal("a = 1\rb = 2"), "1:6: control character");
  EXPECT_EQ(refusal("# \xFF"), "1:3: no UTF-8");
  for (const char* word : {"on", "True", "01", "1__0", "_1", "1_", "1.", ".5", "1e", "0x10", "inf",
                           "2024-01-01", "--1", "", "-"}) {
    EXPECT_THAT(refusal(std::string("a = ") + word), StartsWith("1:5: expected a value")) << word;
  }
}

TEST(Toml, ValuesAreReadAsTheyWereWritten) {
  for (const char* text : {"a b", "\"", "\\", "\n\t\x1b", "12", "-3", "007", "1.5", "", "true", "\xC3\xA9",
                           "\xE2\x80\xAE", "999999999999999999999999", "-"}) {
    EXPECT_EQ(value_of(toml_value(text)), text);
  }
  EXPECT_EQ(toml_value("12"), "12");
  EXPECT_EQ(toml_value("1.5"), "\"1.5\"");
  EXPECT_EQ(toml_value("\xE2\x80\xAE"), "\"\\U0000202E\"");
}

}  // namespace
}  // namespace tf_injector::detail
