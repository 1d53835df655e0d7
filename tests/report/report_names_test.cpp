#include "report/report_names.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "io/file.hpp"

namespace tf_injector::test {
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
  static Error error_of(const CampaignOptions& options) {
    try {
      static_cast<void>(report_names(options));
      static_cast<void>(find_model(options));
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::internal, "nothing was refused"};
  }

 private:
  fs::path before_;
};

CampaignOptions named(const std::string& dataset, const std::string& network) {
  CampaignOptions options;
  options.dataset = dataset;
  options.network = network;
  return options;
}

TEST_F(ReportNamesTest, ComeFromDatasetAndNetwork) {
  const ReportNames names = report_names(named("CIFAR10", "ResNet20"));
  EXPECT_EQ(names.folder, "reports/CIFAR10/ResNet20");
  EXPECT_EQ(names.prefix(), "CIFAR10_ResNet20_");
}

TEST_F(ReportNamesTest, ComeFromTheFilesWhenDatasetAndNetworkAreNotGiven) {
  fs::create_directories("v1.2/images");
  CampaignOptions options;
  options.output_folder = "out";
  options.model_path = "x/my.net.keras";
  for (const auto& [data, name] :
       std::vector<std::pair<std::string, std::string>>{{"y/set.npz", "set"},
                                                        {"y/set.npz/", "set"},
                                                        {"y/cifar-10-python.tar.gz", "cifar-10-python"},
                                                        {"v1.2", "v1.2"},
                                                        {"v1.2/images/", "images"},
                                                        {"v1.2/images/..", "v1.2"}}) {
    options.data_path = data;
    EXPECT_EQ(report_names(options).folder, "out/" + name + "/my.net") << data;
  }
  options.data_path = ".";
  EXPECT_EQ(report_names(options).dataset, fs::path(folder_).filename().string());
}

TEST_F(ReportNamesTest, WhatIsMissingIsAUsageError) {
  EXPECT_THAT(error_of(named("", "N")).what(), HasSubstr("--dataset is required"));
  EXPECT_THAT(error_of(named("D", "")).what(), HasSubstr("--network-name is required"));
  CampaignOptions options = named("", "N");
  options.data_path = "x.npz";
  EXPECT_EQ(error_of(options).kind(), ErrorKind::usage);
  EXPECT_THAT(error_of(options).what(), HasSubstr("--model is required"));
}

TEST_F(ReportNamesTest, TheModelIsFoundOrTheOnesThatAreThereAreNamed) {
  Error error = error_of(named("D", "ResNet20"));
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_STREQ(
      error.what(),
      "models/D/ResNet20.keras: no such model; there is none in models/D/ either; --model FILE names one");
  make_folders("models/D");
  for (const char* name : {"ResNet32", "ResNet20", "VGG"})
    write_atomic(std::string("models/D/") + name + ".keras", "");
  write_atomic("models/D/notes.txt", "");
  EXPECT_EQ(find_model(named("D", "ResNet20")), "models/D/ResNet20.keras");
  error = error_of(named("D", "Resnet2O"));
  EXPECT_THAT(error.what(), HasSubstr("models/D/ has ResNet20, ResNet32, VGG (did you mean 'ResNet20'?)"));
  CampaignOptions options = named("D", "ResNet20");
  options.model_path = "other.keras";
  EXPECT_STREQ(error_of(options).what(), "other.keras: no such file");
  write_atomic("other.keras", "");
  EXPECT_EQ(find_model(options), "other.keras");
}

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
}  // namespace tf_injector::test
