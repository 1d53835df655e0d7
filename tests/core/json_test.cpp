// The JSON value, against what nlohmann's library says of the same text.
#include "core/json.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace tf_injector::detail {
namespace {

using Library = nlohmann::json;

const char* const kTexts[] = {"null",
                              "true",
                              "-9223372036854775808",
                              "18446744073709551615",
                              "0.1",
                              "-0.0",
                              "1e-320",
                              "1.7976931348623157e308",
                              "\"a \\\"quoted\\\" \\\\ \\u00e9 \\n\"",
                              "[]",
                              "{}",
                              "[1,[2,{\"c\":null}],\"x\"]",
                              "{\"b\":1,\"a\":{\"z\":[true,false]},\"b\":2}"};

TEST(Json, ReadsAndWritesAsTheLibraryDoes) {
  for (const char* text : kTexts) {
    EXPECT_EQ(Json::parse(text).dump(), Library::parse(text).dump()) << text;
    EXPECT_EQ(Json::parse(text).dump(2), Library::parse(text).dump(2)) << text;
    EXPECT_EQ(Json::parse(text).dump(-1, true), Library::parse(text).dump(-1, ' ', true)) << text;
  }
}

TEST(Json, EqualityIsTheLibrarys) {
  const char* const more[] = {
      "1", "1.0", "0", "false", "\"1\"", "[1]", "[1.0]", "{\"a\":1,\"b\":2}", "{\"b\":2,\"a\":1}"};
  std::vector<const char*> texts(std::begin(kTexts), std::end(kTexts));
  texts.insert(texts.end(), std::begin(more), std::end(more));
  for (const char* a : texts) {
    for (const char* b : texts) {
      EXPECT_EQ(Json::parse(a) == Json::parse(b), Library::parse(a) == Library::parse(b)) << a << " " << b;
    }
  }
}

TEST(Json, WrittenMembersKeepTheirOrder) {
  Json object = {{"z", 1}, {"a", "text"}, {"z", 2.5}};
  object["list"].push_back(nullptr);
  object["list"].push_back(uint64_t{1} << 63);
  object["flag"] = true;
  EXPECT_EQ(object.dump(), R"({"z":2.5,"a":"text","list":[null,9223372036854775808],"flag":true})");
  object.erase("a");
  object["list"].erase(size_t{0});
  object["list"].insert(0, "first");
  EXPECT_EQ(object.dump(), R"({"z":2.5,"list":["first",9223372036854775808],"flag":true})");
}

TEST(Json, BytesThatAreNoUtf8AreReplaced) {
  EXPECT_EQ(Json("a\xFF").dump(), "\"a\xEF\xBF\xBD\"");
  EXPECT_EQ(Json("a\xFF").dump(-1, true), "\"a\\ufffd\"");
}

TEST(Json, FindsMembersOfObjectsOnly) {
  const Json value = Json::parse(R"({"config": {"name": "x", "list": [1]}})");
  ASSERT_NE(value.find({"config", "name"}), nullptr);
  EXPECT_EQ(*value.find({"config", "name"}), "x");
  EXPECT_EQ(value.find({"config", "other"}), nullptr);
  EXPECT_EQ(value.find({"config", "list", "0"}), nullptr);
  EXPECT_EQ(value.find({"config", "name", "x"}), nullptr);
}

TEST(Json, IntegersWithinBounds) {
  EXPECT_TRUE(Json(-3).is_integer_within(-3, 5));
  EXPECT_TRUE(Json(5u).is_integer_within(-3, 5));
  EXPECT_FALSE(Json(6).is_integer_within(-3, 5));
  EXPECT_FALSE(Json(1.0).is_integer_within(-3, 5));
  EXPECT_FALSE(Json(UINT64_MAX).is_integer_within(-3, 5));  // its bits are those of -1
}

TEST(Json, RefusesWhatIsNotThere) {
  const Json value = Json::parse(R"({"a": [1, "x"]})");
  EXPECT_THROW((void)value.at("b"), JsonError);
  EXPECT_THROW((void)value["a"][2], JsonError);
  EXPECT_THROW((void)value["a"][1].get<int>(), JsonError);
  EXPECT_THROW((void)value["a"][0].get<std::string>(), JsonError);
  EXPECT_THROW((void)value["a"][0].get<bool>(), JsonError);
  EXPECT_THROW((void)value["a"][0]["b"], JsonError);
  EXPECT_THROW((void)Json::parse("[1,]"), JsonError);
}

TEST(Json, NumbersBecomeIntegersOnlyWhereTheyFit) {
  EXPECT_EQ(Json(3.0).get<int>(), 3);
  EXPECT_EQ(Json(-0x1p31).get<int>(), INT32_MIN);
  EXPECT_EQ(Json(-0x1p63).get<int64_t>(), INT64_MIN);
  EXPECT_EQ(Json(0x1p63).get<uint64_t>(), uint64_t{1} << 63);
  EXPECT_EQ(Json(UINT64_MAX).get<uint64_t>(), UINT64_MAX);
  for (const Json& value : {Json(0x1p31), Json(int64_t{1} << 31), Json(UINT64_MAX), Json(2.5), Json(1e300),
                            Json(-1e300), Json(std::nan("")), Json(HUGE_VAL)})
    EXPECT_THROW((void)value.get<int>(), JsonError) << value.dump();
  for (const Json& value : {Json(0x1p63), Json(UINT64_MAX), Json(std::nan(""))})
    EXPECT_THROW((void)value.get<int64_t>(), JsonError) << value.dump();
  EXPECT_EQ(Json(1e30).get<float>(), 1e30f);
  EXPECT_EQ(Json(HUGE_VAL).get<float>(), HUGE_VALF);
  EXPECT_THROW((void)Json(1e300).get<float>(), JsonError);
  for (const Json& value : {Json(-1), Json(-1.0), Json(0x1p64)})
    EXPECT_THROW((void)value.get<uint64_t>(), JsonError) << value.dump();
}

TEST(Json, MessagesAreShortAndWithoutControlCharacters) {
  const auto message = [](const std::string& text) -> std::string {
    try {
      (void)Json::parse(text);
      return "";
    } catch (const JsonError& error) {
      return error.what();
    }
  };
  EXPECT_NE(message("{\"\x7f\" x").find("\\x7f"), std::string::npos);
  EXPECT_EQ(message("{\"\x7f\" x").find('\x7f'), std::string::npos);
  EXPECT_LT(message("[\"" + std::string(100'000, 'a')).size(), 400u);
}

TEST(Json, RefusesDeepNesting) {
  const auto nested = [](size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_NO_THROW((void)Json::parse(nested(5), 5));
  EXPECT_THROW((void)Json::parse(nested(6), 5), JsonError);
  EXPECT_THROW((void)Json::parse(nested(1'000'000)), JsonError);
}

}  // namespace
}  // namespace tf_injector::detail
