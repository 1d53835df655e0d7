// JSON with the bare number words that Python's json writes.
#include "keras/json_text.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

using namespace std::string_literals;

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

std::string refusal_of(const std::string& text) {
  try {
    (void)parse(text);
    return "";
  } catch (const ModelError& error) {
    return error.what();
  }
}

TEST(ParseJson, RefusesWhatStandsBehindIt) {
  const std::string nul(1, '\0');
  for (const std::string& text : {"{}{}"s, "{} x"s, "{}]"s, "{}" + nul, "{}" + nul + "{}", "{" + nul + "}"})
    EXPECT_NE(refusal_of(text), "") << text;
  EXPECT_EQ(refusal_of("{} \t\r\n"), "");
}

TEST(ParseJson, RefusesAKeyTwice) {
  EXPECT_EQ(refusal_of(R"([{"b": 1, "a": {"x": 1}, "\u0062": 2}])"),
            "not valid JSON: an object has the key 'b' twice");
}

TEST(ParseJson, RefusesWhatIsNoUtf8) {
  for (const char* text : {"\"\xff\"", "\"\xc0\x80\"", "\"\xed\xa0\x80\"", R"("\ud800")", "\"\x01\""})
    EXPECT_NE(refusal_of(text), "") << text;
}

TEST(ParseJson, RefusesMoreThanAnyNetworkHas) {
  std::string text = "[";
  for (size_t i = 0; i < kMaxJsonValues / 2; ++i) text += "[],";
  EXPECT_NE(refusal_of(text + "1]").find("JSON of more than 1000000 values at byte"), std::string::npos);
  text.clear();
  text.resize(kMaxJsonBytes + 1, ' ');
  EXPECT_EQ(refusal_of(text), "JSON of 33554433 bytes; at most 33554432 are read");
}

TEST(Brief, IsTheBeginningOfTheJson) {
  Json deep = Json::object();
  for (int i = 0; i < 30; ++i)
    deep.add("key " + std::to_string(i), Json::array({i, "text \u00e9\u00e9", nullptr}));
  for (const Json& value :
       {deep, Json(std::string(500, '\xc3') + "x"), Json(3), Json::array({deep, deep}),
        Json(std::string("\xe4\xb8\xad") + std::string(58, 'y') + "\xe4\xb8\xad\xe4\xb8\xad")}) {
    const std::string whole = value.dump(-1, true);
    EXPECT_EQ(brief(value), whole.size() > 60 ? whole.substr(0, 60) + "..." : whole);
  }
}

}  // namespace
}  // namespace tf_injector::detail::keras
