// JSON with the bare number words that Python's json writes.
#include "keras/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

Json parse(const std::string& text) {
  return parse_json({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

TEST(ParseJson, BareNumberWords) {
  const Json parsed = parse(R"({"a": NaN, "b": [Infinity, -Infinity], "c": -1.5e3})");
  EXPECT_TRUE(std::isnan(parsed["a"].get<double>()));
  EXPECT_EQ(parsed["b"][0].get<double>(), HUGE_VAL);
  EXPECT_EQ(parsed["b"][1].get<double>(), -HUGE_VAL);
  EXPECT_EQ(parsed["c"].get<double>(), -1500.0);
}

TEST(ParseJson, WordsInsideStringsStay) {
  const Json parsed = parse(R"({"NaN": "Infinity \" -Infinity", "x\\": "NaN"})");
  EXPECT_EQ(parsed["NaN"], "Infinity \" -Infinity");
  EXPECT_EQ(parsed["x\\"], "NaN");
}

TEST(ParseJson, TaggedValuesAreUnwrapped) {
  EXPECT_EQ(parse(R"([{"class_name": "__tuple__", "config": {"value": [1, 2]}}])"), Json::parse("[[1, 2]]"));
  EXPECT_EQ(
      parse(R"({"y": {"class_name": "__tensor__", "config": {"value": 0.5, "dtype": "float32"}}})")["y"],
      0.5);
  EXPECT_EQ(parse(R"({"class_name": "Conv2D", "config": {"value": 1}})")["config"]["value"], 1);
}

TEST(ParseJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "[1,]", "{\"a\" 1}", "nan", "Infinit", "\"", "[\"\\", "{\"a\": 1}}"}) {
    EXPECT_THROW((void)parse(text), ModelError) << text;
  }
}

TEST(ParseJson, RefusesDeepNesting) {
  EXPECT_NO_THROW((void)parse(std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']')));
  try {
    (void)parse(std::string(5'000'000, '['));
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("nested more than 200 deep at byte 200"), std::string::npos)
        << error.what();
  }
}

}  // namespace
}  // namespace tf_injector::detail::keras
