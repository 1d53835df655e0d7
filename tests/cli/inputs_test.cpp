// Where the program finds models, and how runs are named.
#include "cli/inputs.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "campaign/campaign_fixture.hpp"
#include "io/file.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

using testing::HasSubstr;

class InputNames : public test::FolderTest {
 protected:
  void SetUp() override {
    test::FolderTest::SetUp();
    before_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_);
  }
  void TearDown() override {
    std::filesystem::current_path(before_);
    test::FolderTest::TearDown();
  }
  static Error error_of(const RunOptions& options) {
    try {
      static_cast<void>(find_model(options));
    } catch (const Error& error) {
      return error;
    }
    return {ErrorKind::internal, "nothing was refused"};
  }

 private:
  std::filesystem::path before_;
};

RunOptions named(const std::string& dataset, const std::string& network) {
  RunOptions options;
  options.dataset = dataset;
  options.network = network;
  return options;
}

TEST_F(InputNames, ComeFromDatasetAndNetwork) {
  const ReportOptions names = report_options(named("CIFAR10", "ResNet20"), {});
  EXPECT_EQ(names.folder, "reports");
  EXPECT_EQ(names.dataset, "CIFAR10");
  EXPECT_EQ(names.network, "ResNet20");
}

TEST_F(InputNames, ComeFromTheFilesWhenDatasetAndNetworkAreNotGiven) {
  std::filesystem::create_directories("v1.2/images");
  RunOptions options;
  options.report.folder = "out";
  options.model_path = "x/my.net.keras";
  for (const auto& [data, name] :
       std::vector<std::pair<std::string, std::string>>{{"y/set.npz", "set"},
                                                        {"y/set.npz/", "set"},
                                                        {"y/cifar-10-python.tar.gz", "cifar-10-python"},
                                                        {"v1.2", "v1.2"},
                                                        {"v1.2/images/", "images"},
                                                        {"v1.2/images/..", "v1.2"}}) {
    options.data_path = data;
    EXPECT_EQ(report_options(options, {}).dataset, name) << data;
    EXPECT_EQ(report_options(options, {}).network, "my.net");
  }
  options.data_path = ".";
  EXPECT_EQ(report_options(options, {}).dataset, std::filesystem::path(folder_).filename().string());
}

TEST_F(InputNames, NamesHaveNoFolders) {
  RunOptions options = named("GTSRB", "N");
  EXPECT_NO_THROW(check_run_options(options));
  for (const char* bad : {"../N", "..", "."}) {
    EXPECT_THROW(check_run_options(named("GTSRB", bad)), Error) << bad;
    EXPECT_THROW(check_run_options(named(bad, "N")), Error) << bad;
  }
  options.resume_from = 3;
  EXPECT_THROW(check_run_options(options), Error) << "without a list";
}

TEST_F(InputNames, AModelNeedsADataSetOrAPath) {
  RunOptions options = named("", "N");
  options.data_path = "x.npz";
  EXPECT_EQ(error_of(options).kind(), ErrorKind::usage);
  EXPECT_THAT(error_of(options).what(), HasSubstr("--model is required"));
}

TEST_F(InputNames, TheModelIsFoundOrTheOnesThatAreThereAreNamed) {
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
  RunOptions options = named("D", "ResNet20");
  options.model_path = "other.keras";
  EXPECT_STREQ(error_of(options).what(), "other.keras: no such file");
  write_atomic("other.keras", "");
  EXPECT_EQ(find_model(options), "other.keras");
}

}  // namespace
}  // namespace tf_injector::detail::cli
