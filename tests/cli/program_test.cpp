// The program as a whole, without a campaign.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/run_program.hpp"

namespace tf_injector::detail::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Outcome run_program(const std::vector<std::string>& words, const std::string& out_path = "") {
  const std::string folder = testing::TempDir() + "tfi_program_" + std::to_string(getpid());
  Outcome outcome = RunningProgram(words, folder, out_path).wait();
  std::filesystem::remove_all(folder);
  return outcome;
}

TEST(Program, VersionAndHelpGoToStandardOutput) {
  const Outcome version = run_program({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex("tf_injector [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(version.err, "");
  const Outcome help = run_program({"validate", "--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("Usage: tf_injector validate"));
  EXPECT_EQ(help.err, "");
}

TEST(Program, WrongUsageIsOneLineAndAHint) {
  const Outcome outcome = run_program({"-d", "CIFAR10", "-n", "A", "--limt", "3"});
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err,
            "error: unknown flag '--limt'; did you mean '--limit'?\n"
            "'tf_injector run --help' lists the flags.\n");
  EXPECT_THAT(run_program({"inspect"}).err, HasSubstr("'tf_injector inspect --help' lists the flags.\n"));
  EXPECT_EQ(run_program({}).exit_code, 2);
}

TEST(Program, WhatTheLibraryRefusesIsNamedByItsFlags) {
  for (const auto& [flags, message] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--mean", "1,2,3"}, "--mean needs --std as well"},
           {{"--std", "1,2,3"}, "--std needs --mean as well"},
           {{"--mean", "1,2,3", "--std", "1,0,1"}, "--std: every number must be greater than 0"},
           {{"--mean", "1,2,3", "--std", "1,-1,1"}, "--std: every number must be greater than 0"},
           {{"--preprocess", "none", "--mean", "1,2,3", "--std", "1,1,1"},
            "--preprocess none feeds the values as they are, --mean and --std normalise them: give one of "
            "them"}}) {
    std::vector<std::string> words = {"-d", "CIFAR10", "-n", "A"};
    words.insert(words.end(), flags.begin(), flags.end());
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_EQ(outcome.err, "error: " + message + "\n'tf_injector run --help' lists the flags.\n");
  }
}

TEST(Program, AMissingModelIsBadInput) {
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"inspect", "no/such.keras"},
                                             {"validate", "-f", "no/such.csv", "--model", "no/such.keras"},
                                             {"--model", "no/such.keras", "--data", "no/such.npz"}}) {
    const Outcome outcome = run_program(words);
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("error: no/such.keras: "));
  }
}

TEST(Program, FullDiskUnderStandardOutputIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full here";
  const Outcome outcome = run_program({"--help"}, "/dev/full");
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_EQ(outcome.err, "error: standard output could not be written; not all results were printed\n");
}

}  // namespace
}  // namespace tf_injector::detail::cli
