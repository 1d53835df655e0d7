#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "report/csv_report.hpp"
#include "report/details_csv.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {
namespace {

using testing::HasSubstr;

class DetailStatisticsTest : public testing::Test {
 protected:
  void SetUp() override {
    const Tally golden{.images = 10, .top_1_correct = 8, .top_5_correct = 10};
    Tally tally{.images = 10,
                .top_1_correct = 5,
                .top_5_correct = 9,
                .top_1_robust = 6,
                .top_5_robust = 9,
                .masked = 0};
    std::string text = detail::report_header() + detail::golden_row(golden);
    text += detail::fault_row(bit_flip(7, "conv", {0, 0, 0, 0}, 30), tally);
    tally.top_1_robust = 10;
    text += detail::fault_row(bit_flip(8, "conv", {0, 0, 0, 1}, 3), tally);
    tally.top_1_robust = 7;
    text += detail::fault_row(bit_flip(9, "dense", {0, 1}, 30), tally);
    std::ofstream(report_, std::ios::binary) << text;
  }
  [[nodiscard]] DetailStatistics read(const std::vector<DetailsRow>& rows) const {
    std::string text = detail::details_header();
    for (const DetailsRow& row : rows) text += detail::details_row(row.id, row.details);
    std::ofstream(details_, std::ios::binary) << text;
    return *detail_statistics(details_, report_);
  }
  [[nodiscard]] std::string refusal(const std::vector<DetailsRow>& rows) const {
    try {
      static_cast<void>(read(rows));
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::bad_input);
      return error.what();
    }
    return "accepted";
  }

  std::string stem_ = testing::TempDir() + "/detail_statistics_" + std::to_string(getpid());
  std::string report_ = stem_ + ".csv", details_ = stem_ + ".details.csv";
};

TEST_F(DetailStatisticsTest, AddsUpItsRows) {
  const DetailStatistics details = read({{7,
                                          {.nan_images = 2,
                                           .sdc10pct = 4,
                                           .sdc20pct = 3,
                                           .fixed = 1,
                                           .broken = 3,
                                           .majority_class = 5,
                                           .majority_images = 3}},
                                         {8, {}},
                                         {9,
                                          {.nan_images = 1,
                                           .inf_images = 4,
                                           .sdc10pct = 3,
                                           .broken = 2,
                                           .majority_class = 5,
                                           .majority_images = 2}}});
  EXPECT_EQ(details.faults, 3);
  EXPECT_EQ(details.nan_faults, 2);
  EXPECT_EQ(details.inf_faults, 1);
  EXPECT_EQ(details.fixed, 1);
  EXPECT_EQ(details.broken, 5);
  EXPECT_EQ(details.sdc10pct, 7);
  EXPECT_EQ(details.sdc20pct, 3);
  EXPECT_EQ(details.flips, 4 + 3);
  ASSERT_EQ(details.classes.size(), 1U);
  EXPECT_EQ(details.classes[0].class_number, 5);
  EXPECT_EQ(details.classes[0].faults, 2);
  EXPECT_EQ(details.classes[0].images, 5);
  EXPECT_TRUE(details.confusion.empty());
}

TEST_F(DetailStatisticsTest, ClassesOfMostFaultsComeFirst) {
  const DetailStatistics details = read({{7, {.majority_class = 1, .majority_images = 4}},
                                         {8, {.majority_class = 2, .majority_images = 1}},
                                         {9, {.majority_class = 2, .majority_images = 1}}});
  ASSERT_EQ(details.classes.size(), 2U);
  EXPECT_EQ(details.classes[0].class_number, 2);
}

TEST_F(DetailStatisticsTest, OtherRowsAreRefused) {
  EXPECT_THAT(refusal({}), HasSubstr("its 0 rows are not the report's 3"));
  EXPECT_THAT(refusal({{7, {}}, {9, {}}, {8, {}}}),
              HasSubstr(":3:1: inj_id; expected 8, as in the report; found 9"));
}

TEST_F(DetailStatisticsTest, WithoutMetadataNoFileIsKnown) {
  EXPECT_FALSE(detail_statistics("", report_).has_value());
  EXPECT_THROW(static_cast<void>(detail_statistics(stem_ + ".none", report_)), Error);
}

}  // namespace
}  // namespace tf_injector
