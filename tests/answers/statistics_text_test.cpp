#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "answers/made_up_statistics.hpp"
#include "answers/safe_text.hpp"

namespace tf_injector {
namespace {

using testing::HasSubstr;
using testing::Not;

size_t longest_line(const std::string& text) {
  std::istringstream lines(text);
  size_t longest = 0;
  for (std::string line; std::getline(lines, line);) longest = std::max(longest, detail::text_width(line));
  return longest;
}

TEST(StatisticsText, BeginsWithTheAnswer) {
  const std::string text = statistics_text(made_up_statistics(layer_names(20)), {.columns = 120});
  EXPECT_THAT(text, testing::StartsWith(
                        "A random bit flip in a weight of ResNet20 changes the decision on 1.276 % of "
                        "the images [1.206, 1.345] (99 %\n"));
  EXPECT_THAT(
      text,
      HasSubstr("One fault in 26 changes the decision on at least one of the 10,000 images: 3.83 % of the "
                "faults [3.69, 3.97]."));
  EXPECT_THAT(text, HasSubstr("16,627 faults of 8,586,752 possible ones, drawn network-wise with seed 42"));
  EXPECT_THAT(text, HasSubstr("take about 53,300 faults"));
  EXPECT_THAT(text, HasSubstr("12.4 [10.3, 14.9] FIT"));
  EXPECT_THAT(text, HasSubstr("! Cells with few faults have wide intervals."));
}

TEST(StatisticsText, FitsItsLines) {
  for (const auto& names : {layer_names(20), layer_names(200), hostile_names(), layer_names(0)}) {
    for (const int columns : {60, 80, 100, 120}) {
      const std::string text = statistics_text(made_up_statistics(names), {.columns = columns});
      EXPECT_LE(longest_line(text), static_cast<size_t>(columns));
    }
  }
}

TEST(StatisticsText, ShowsMoreWhereThereIsRoom) {
  const ReportStatistics statistics = made_up_statistics(layer_names(3));
  EXPECT_THAT(statistics_text(statistics, {.columns = 80}), Not(HasSubstr("non-critical %")));
  EXPECT_THAT(statistics_text(statistics, {.columns = 120}), HasSubstr("non-critical %"));
}

TEST(StatisticsText, HasColourOnlyWhereItIsWanted) {
  const ReportStatistics statistics = made_up_statistics(hostile_names());
  EXPECT_THAT(statistics_text(statistics), Not(HasSubstr("\x1b")));
  EXPECT_THAT(statistics_text(statistics, {.color = true}), HasSubstr("\x1b[1mBy bit\x1b[0m\n"));
}

TEST(StatisticsText, NamesSendNoControlCharacters) {
  for (const char character : statistics_text(made_up_statistics(hostile_names())))
    EXPECT_TRUE(character == '\n' || static_cast<unsigned char>(character) >= 0x20);
}

TEST(StatisticsText, OfManyLayersTheWorstAreShown) {
  ReportStatistics statistics = made_up_statistics(layer_names(200));
  statistics.layers[150] = made_up_domain("the_worst", 0, 31, 800, 0.5);
  const std::string text = statistics_text(statistics);
  EXPECT_THAT(text, HasSubstr("The 30 worst of 200 layers"));
  EXPECT_LT(text.find("\nthe_worst "), text.find("\nconv2d_6 "));
  EXPECT_THAT(text, Not(HasSubstr("\nconv2d_7 ")));  // of the least rate
}

TEST(StatisticsText, SaysWhatIsNotKnown) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  statistics.model = "";
  statistics.design = {};
  statistics.network.population = {};
  statistics.margin.wanted = 0;
  const std::string text = statistics_text(statistics);
  EXPECT_THAT(text, testing::StartsWith("A fault of this report on the network changes"));
  EXPECT_THAT(text, HasSubstr("16,627 faults, chosen in a way that is not known."));
  EXPECT_THAT(text, Not(HasSubstr("wanted")));
}

TEST(StatisticsText, WhereEveryFaultWasRunNothingIsUncertain) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  statistics.network.bit_first = 30;
  statistics.network.faults = 8586752;
  statistics.network.rates[0] = {{.estimate = 0.2, .low = 0.2, .high = 0.2},
                                 {.estimate = 0.25, .low = 0.25, .high = 0.25}};
  statistics.design = {.scheme = "exhaustive", .source = "x", .error = 0.01, .confidence = 0.99, .seed = 42};
  statistics.margin = {.planned = 0.01, .achieved = 0};
  EXPECT_THAT(statistics_text(statistics, {.columns = 140}),
              testing::StartsWith("A random flip of bits 30-31 in a weight of ResNet20 changes the decision "
                                  "on 20.0 % of the images (all "
                                  "faults were run).\n"
                                  "One fault in 4.0 changes the decision on at least one of the 10,000 "
                                  "images: 25.0 % of the faults.\n"
                                  "! Cells with few faults have wide intervals.\n\n"
                                  "8,586,752 faults of 8,586,752 possible ones, all that there are.\n"
                                  "Every fault was run: there is no margin.\n"));
}

TEST(StatisticsText, NoFaults) {
  EXPECT_THAT(statistics_text(ReportStatistics{}), testing::StartsWith("The report has no faults.\n"));
}

TEST(StatisticsText, NoEffect) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  statistics.network.rates[0] = {{.estimate = 0, .low = 0, .high = 0.0003},
                                 {.estimate = 0, .low = 0, .high = 0.0003}};
  EXPECT_THAT(
      statistics_text(statistics, {.columns = 140}),
      HasSubstr(
          "No fault of the report changes the decision on any of the 10,000 images: 0 % of the faults [0, "
          "0.030]."));
}

TEST(StatisticsText, WhereDecisionsGo) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  EXPECT_THAT(statistics_text(statistics), Not(HasSubstr("Changed decisions")));
  statistics.details = made_up_details();
  EXPECT_THAT(statistics_text(statistics), HasSubstr("              3     210              700\n"));
}

}  // namespace
}  // namespace tf_injector
