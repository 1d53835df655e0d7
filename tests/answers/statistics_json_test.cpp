#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers/made_up_statistics.hpp"
#include "core/json.hpp"

namespace tf_injector {
namespace {

using detail::Json;

TEST(StatisticsJson, HasEveryNumber) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  statistics.details = made_up_details();
  const Json json = Json::parse(statistics_json(statistics));
  EXPECT_EQ(json["schema"].get<int>(), 1);
  EXPECT_EQ(json["model"].text(), "ResNet20");
  EXPECT_EQ(json["images"].get<int>(), 10000);
  EXPECT_EQ(json["confidence"].get<double>(), 0.99);
  EXPECT_EQ(json["golden"]["top_1_correct"].get<int>(), 9148);
  EXPECT_EQ(json["design"]["scheme"].text(), "network-wise");
  const StatisticsDomain& network = statistics.network;
  EXPECT_EQ(json["network"]["faults"].get<int>(), 16627);
  EXPECT_EQ(json["network"]["population"].get<int>(), 8586752);
  for (size_t i = 0; i < kOutcomes; ++i) {
    const Json& rate = json["network"][outcome_name(static_cast<Outcome>(i)).key];
    EXPECT_EQ(rate["images"]["estimate"].get<double>(), network.rates[i].images.estimate);
    EXPECT_EQ(rate["images"]["low"].get<double>(), network.rates[i].images.low);
    EXPECT_EQ(rate["faults"]["high"].get<double>(), network.rates[i].faults.high);
  }
  EXPECT_EQ(json["layers"].size(), 2U);
  EXPECT_EQ(json["layers"][1]["layer"].text(), "conv2d_1");
  EXPECT_EQ(json["bits"].size(), 32U);
  EXPECT_EQ(json["bits"][0]["bit_first"].get<int>(), 31);
  EXPECT_EQ(json["fields"][1]["field"].text(), "exponent");
  EXPECT_EQ(json["distribution"].size(), 21U);
  EXPECT_EQ(json["distribution"][2]["faults"].get<int>(), 20);
  EXPECT_EQ(json["distribution"][2]["up_to"].get<double>(), 0.1);
  EXPECT_EQ(json["worst"][0]["injection"].get<int>(), 100);
  EXPECT_EQ(json["worst"][0]["critical"].get<int>(), 9100);
  EXPECT_EQ(json["worst"][0]["index"].size(), 4U);
  EXPECT_EQ(json["margin"]["faults_for_wanted"].get<int>(), 53300);
  EXPECT_EQ(json["fit"]["estimate"].get<double>(), 12.4);
  EXPECT_EQ(json["details"]["classes"][0]["class"].get<int>(), 3);
  EXPECT_EQ(json["details"]["confusion"][1][2].get<int>(), 700);
  EXPECT_EQ(json["provenance"][0]["name"].text(), "model SHA-256");
}

TEST(StatisticsJson, CellsAreThoseWithFaults) {
  const ReportStatistics statistics = made_up_statistics(layer_names(2));
  const Json json = Json::parse(statistics_json(statistics));
  const auto hit = std::count_if(statistics.cells.begin(), statistics.cells.end(),
                                 [](const StatisticsDomain& cell) { return cell.faults > 0; });
  EXPECT_EQ(json["cells"].size(), static_cast<size_t>(hit));
  EXPECT_EQ(json["cells"][0]["layer"].text(), "conv2d");
  EXPECT_FALSE(json["cells"][0].contains("top_1_correct"));
}

TEST(StatisticsJson, WhatIsNotKnownIsNull) {
  const Json json = Json::parse(statistics_json(ReportStatistics{}));
  for (const char* key : {"model", "dataset", "classes", "fit", "details"})
    EXPECT_TRUE(json[key].is_null()) << key;
  EXPECT_TRUE(json["design"]["scheme"].is_null());
  EXPECT_TRUE(json["network"]["critical"].is_null());
  EXPECT_TRUE(json["margin"]["wanted"].is_null());
  EXPECT_EQ(json["cells"].size(), 0U);
}

TEST(StatisticsJson, NamesAreKept) {
  const std::vector<std::string> names = hostile_names();
  const Json json = Json::parse(statistics_json(made_up_statistics(names)));
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i].find('\xFF') != std::string::npos) continue;  // no UTF-8
    EXPECT_EQ(json["layers"][i]["layer"].text(), names[i]);
  }
}

}  // namespace
}  // namespace tf_injector
