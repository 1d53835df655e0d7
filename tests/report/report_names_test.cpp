#include "report/report_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "io/file.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class ReportNamesTest : public FolderTest {
 protected:
  void SetUp() override {
    FolderTest::SetUp();
    before_ = fs::current_path();
    fs::current_path(folder_);
  }
  void TearDown() override {
    fs::current_path(before_);
    FolderTest::TearDown();
  }

 private:
  fs::path before_;
};

TEST_F(ReportNamesTest, FilesBesideAReport) {
  EXPECT_EQ(metadata_path_of("x/r.csv"), "x/r.run.json");
  EXPECT_EQ(metadata_path_of("r.csv"), "r.run.json");
  EXPECT_EQ(without_suffix("a.b/r.2.csv"), "a.b/r.2");
}

TEST_F(ReportNamesTest, TheTimeStampIsOfTheOriginalsForm) {
  EXPECT_THAT(time_stamp(), testing::MatchesRegex("[0-9][0-9][01][0-9][0-3][0-9]_[0-2][0-9][0-5][0-9]"));
}

TEST_F(ReportNamesTest, AStampIsFreeWhenNoneOfItsFilesExists) {
  const ReportNames names{.dataset = "D", .network = "N", .folder = "f"};
  EXPECT_EQ(free_stamp(names, "s"), "s");
  make_folders("f");
  write_atomic("f/D_N_s.csv", "");
  EXPECT_EQ(free_stamp(names, "s"), "s_2");
  write_atomic("f/D_N_s_2.run.json", "");
  make_folders("f/s_3");
  EXPECT_EQ(free_stamp(names, "s"), "s_4");
}

}  // namespace
}  // namespace tf_injector::detail::test
