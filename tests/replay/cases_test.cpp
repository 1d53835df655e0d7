// Small campaigns that were wrong once (tests/replay/cases/README.md), by the whole program: report and
// scores have the bytes of the scalar reference.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "cli/run_program.hpp"

namespace tf_injector::detail {
namespace {

namespace fs = std::filesystem;

class ReplayCases : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(folder_); }
  void TearDown() override { fs::remove_all(folder_); }

  // A campaign's files by their names: the report, a file of scores for every fault.
  std::map<std::string, std::string> files_of(const fs::path& of,
                                              const std::vector<std::string>& more) const {
    const std::string place = folder_ + "/out";
    fs::remove_all(place);
    std::vector<std::string> words = {"run", "--model", (of / "net.keras").string()};
    words.insert(words.end(), {"--data", (of / "data.npz").string(), "-f", (of / "faults.csv").string()});
    words.insert(words.end(), {"--report", place + "/report.csv", "-s", "-q"});
    words.insert(words.end(), more.begin(), more.end());
    fs::create_directories(place);
    const cli::Outcome outcome = cli::RunningProgram(words, folder_ + "/said").wait();
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(place)) {
      const std::string name = fs::relative(entry.path(), place).string();
      if (entry.is_regular_file() && name != "report.run.json") files[name] = cli::file_text(entry.path());
    }
    return files;
  }

  const std::string folder_ = testing::TempDir() + "tfi_replay_cases_" + std::to_string(getpid());
};

TEST_F(ReplayCases, HaveTheBytesOfTheScalarReference) {
  int cases = 0;
  for (const auto& entry : fs::directory_iterator(std::string(TFI_TEST_DIR) + "/replay/cases")) {
    if (!entry.is_directory()) continue;
    ++cases;
    const auto expected = files_of(entry.path(), {"--kernels", "scalar"});
    EXPECT_GT(expected.size(), 20U) << "no scores";
    for (const char* threads : {"1", "2"}) {
      const auto found = files_of(entry.path(), {"--threads", threads});
      int differing = found.size() == expected.size() ? 0 : 1;
      for (const auto& [name, bytes] : expected)
        differing += found.contains(name) && found.at(name) == bytes ? 0 : 1;
      EXPECT_EQ(differing, 0) << entry.path().filename() << " with " << threads << " threads";
    }
  }
  EXPECT_GE(cases, 1);
}

}  // namespace
}  // namespace tf_injector::detail
