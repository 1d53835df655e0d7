#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "report/csv_report.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/report_statistics.hpp"

namespace tf_injector {
namespace {

using testing::HasSubstr;

constexpr const char* kDetailHeader =
    "inj_id,nan_images,inf_images,sdc5,sdc10pct,sdc20pct,fixed,broken,majority_class,majority_images,"
    "max_abs_logit_change,golden_value,faulty_value\n";

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
  [[nodiscard]] DetailStatistics read(const std::string& rows) const {
    std::ofstream(details_, std::ios::binary) << rows;
    return detail_statistics(details_, report_);
  }
  [[nodiscard]] std::string refusal(const std::string& rows) const {
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
  const DetailStatistics details = read(std::string(kDetailHeader) +
                                        "7,2,0,1,1,1,1,3,5,3,1.5,0.1,0.2\n"
                                        "8,0,0,0,0,0,0,0,,0,0,0.1,0.1\n"
                                        "9,1,4,0,0,0,0,2,5,2,1e30,0.1,1e38\n");
  EXPECT_EQ(details.faults, 3);
  EXPECT_EQ(details.nan_faults, 2);
  EXPECT_EQ(details.inf_faults, 1);
  EXPECT_EQ(details.fixed, 1);
  EXPECT_EQ(details.broken, 5);
  EXPECT_EQ(details.flips, 4 + 3);
  ASSERT_EQ(details.classes.size(), 1U);
  EXPECT_EQ(details.classes[0].class_number, 5);
  EXPECT_EQ(details.classes[0].faults, 2);
  EXPECT_EQ(details.classes[0].images, 5);
}

TEST_F(DetailStatisticsTest, ClassesOfMostFaultsComeFirst) {
  const DetailStatistics details = read(
      "inj_id,nan_images,inf_images,fixed,broken,majority_class,majority_images\n"
      "7,0,0,0,4,2,4\n8,0,0,0,0,,0\n9,0,0,0,3,1,3\n");
  ASSERT_EQ(details.classes.size(), 2U);
  EXPECT_EQ(details.classes[0].class_number, 1);
}

TEST_F(DetailStatisticsTest, OtherFilesAreRefused) {
  const std::string header = kDetailHeader;
  EXPECT_THAT(refusal(""), HasSubstr("expected the header of a details file"));
  EXPECT_THAT(refusal("a,b\n"), HasSubstr("with a column inj_id"));
  EXPECT_THAT(refusal(header), HasSubstr("its 0 rows are not the report's 3"));
  const std::string row = ",0,0,0,0,0,0,0,,0,0,0,0\n";
  EXPECT_THAT(refusal(header + "7" + row + "9" + row + "8" + row),
              HasSubstr(":3:1: inj_id: expected 8, as in the report, found 9"));
  EXPECT_THAT(refusal(header + "7" + row + "8,1\n" + "9" + row),
              HasSubstr(":3:1: expected 13 fields, found 2"));
  EXPECT_THAT(refusal(header + "7" + row + "8" + row + "9,x,0,0,0,0,0,0,,0,0,0,0\n"),
              HasSubstr(":4:3: nan_images: expected an integer, found \"x\""));
}

}  // namespace
}  // namespace tf_injector
