// What a parser of HTML sees of the page is tested by tests/oracle/test_pages.py.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "answers/made_up_statistics.hpp"
#include "answers/pictures/palette.hpp"

namespace tf_injector {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(StatisticsHtml, IsTheSameForTheSameStatistics) {
  EXPECT_EQ(statistics_html(made_up_statistics(layer_names(20))),
            statistics_html(made_up_statistics(layer_names(20))));
}

TEST(StatisticsHtml, IsSmall) {
  EXPECT_LT(statistics_html(made_up_statistics(layer_names(20))).size(), 250'000U);
  EXPECT_LT(statistics_html(made_up_statistics(layer_names(200))).size(), 600'000U);
}

TEST(StatisticsHtml, BothQuestionsAreAnsweredFirst) {
  const std::string html = statistics_html(made_up_statistics(layer_names(20)));
  const size_t answer = html.find("changes the decision on 1.276\u00a0% of the images [1.206, 1.345]");
  EXPECT_LT(answer, html.find("One fault in 26 changes the decision on at least one of the 10,000 images"));
  EXPECT_LT(answer, html.find("<svg"));
}

TEST(StatisticsHtml, WhatIsNotThereIsLeftOut) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  EXPECT_THAT(statistics_html(statistics), Not(HasSubstr("Which classes")));
  EXPECT_THAT(statistics_html(statistics), HasSubstr("Failures in time"));
  statistics.details = made_up_details();
  statistics.fit = {};
  statistics.remarks = {};
  EXPECT_THAT(statistics_html(statistics), HasSubstr("Which classes"));
  EXPECT_THAT(statistics_html(statistics), Not(HasSubstr("Failures in time")));
  EXPECT_THAT(statistics_html(statistics), Not(HasSubstr("Before you read")));
  EXPECT_THAT(statistics_html(ReportStatistics{}), HasSubstr("The report has no faults."));
}

TEST(StatisticsHtml, NegativeCountsHaveATrueMinus) {
  ReportStatistics statistics = made_up_statistics(layer_names(2));
  statistics.worst[0].tally.masked = statistics.worst[0].tally.top_1_robust + 1;
  EXPECT_THAT(statistics_html(statistics), HasSubstr("<td data-s=\"-1\">\u22121</td>"));
}

TEST(StatisticsPictures, AreThoseOfThePage) {
  ReportStatistics statistics = made_up_statistics(layer_names(20));
  statistics.details = made_up_details();
  const std::string html = statistics_html(statistics);
  std::vector<std::string> names;
  for (const Picture& picture : statistics_pictures(statistics)) {
    names.push_back(picture.name);
    const size_t begin = picture.svg.find("class=\"bg\""), body = picture.svg.find('\n', begin) + 1;
    const size_t end = picture.svg.rfind("</svg>");
    EXPECT_THAT(html, HasSubstr(picture.svg.substr(body, end - body))) << picture.name;
  }
  EXPECT_EQ(names,
            (std::vector<std::string>{"heatmap", "bits", "layers", "distribution", "classes", "confusion"}));
}

TEST(StatisticsPictures, StandAlone) {
  for (const Picture& picture : statistics_pictures(made_up_statistics(layer_names(20)))) {
    EXPECT_THAT(picture.svg, Not(HasSubstr("var(")));
    EXPECT_THAT(picture.svg, HasSubstr(".bg{fill:#ffffff}"));
    EXPECT_THAT(picture.svg, HasSubstr("font-family="));
  }
}

TEST(StatisticsPictures, EveryPropertyHasAColourInBothThemes) {
  const std::string rules(detail::picture_rules());
  for (size_t at = rules.find("var("); at != std::string::npos; at = rules.find("var(", at + 1)) {
    const std::string name = rules.substr(at + 4, rules.find(')', at) - at - 4);
    for (const bool dark : {false, true})
      EXPECT_THAT(detail::palette_properties(dark), HasSubstr(name + ":#")) << name;
  }
}

// Contrast of WCAG 2: text on the page and on panels.
double luminance(const std::string& properties, const std::string& name) {
  const size_t at = properties.find("--" + name + ":#") + name.size() + 4;
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) {
    const double value = std::stoi(properties.substr(at + 2 * i, 2), nullptr, 16) / 255.0;
    sum += std::array{0.2126, 0.7152, 0.0722}[i] *
           (value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4));
  }
  return sum;
}

TEST(Palette, TextStandsOut) {
  for (const bool dark : {false, true}) {
    const std::string properties = detail::palette_properties(dark);
    for (const char* text : {"ink", "muted", "accent"}) {
      for (const char* ground : {"page", "panel"}) {
        const double a = luminance(properties, text), b = luminance(properties, ground);
        EXPECT_GE((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05), 4.5) << text << " on " << ground;
      }
    }
  }
}

TEST(Palette, NumbersOnCellsStandOut) {
  for (const bool dark : {false, true}) {
    const std::string properties = detail::palette_properties(dark);
    for (int level = 0; level <= detail::kColorLevels; ++level) {
      const std::string style = std::string(detail::style_on_level(level)).substr(3);  // "on low"
      const double a = luminance(properties, style), b = luminance(properties, "c" + std::to_string(level));
      EXPECT_GE((std::max(a, b) + 0.05) / (std::min(a, b) + 0.05), 4.5)
          << level << (dark ? " dark" : " light");
    }
  }
}

TEST(Palette, EachLevelIsFurtherFromTheBackground) {
  for (const bool dark : {false, true}) {
    const std::string properties = detail::palette_properties(dark);
    for (int level = 1; level <= detail::kColorLevels; ++level) {
      const double before = luminance(properties, "c" + std::to_string(level - 1));
      const double now = luminance(properties, "c" + std::to_string(level));
      EXPECT_LT(dark ? before : now, dark ? now : before) << level;
    }
  }
}

}  // namespace
}  // namespace tf_injector
