// The program as a whole, started as a user starts it. Where a campaign is needed: tests/cli/test_program.py.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace tf_injector::cli {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

std::string text_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Redirects a descriptor of the child to a file.
void redirect(const std::string& path, int descriptor) {
  const int file = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(126);
}

// Standard output goes to `out_path`, or to a file whose text is returned.
Outcome run_program(const std::vector<std::string>& words, std::string out_path = "") {
  const std::string folder = testing::TempDir() + "cli_program_" + std::to_string(getpid());
  std::filesystem::create_directories(folder);
  if (out_path.empty()) out_path = folder + "/out";
  std::vector<std::string> all = {TFI_PROGRAM};
  all.insert(all.end(), words.begin(), words.end());
  const pid_t child = fork();
  if (child == 0) {
    redirect(out_path, STDOUT_FILENO);
    redirect(folder + "/err", STDERR_FILENO);
    std::vector<char*> arguments;
    for (std::string& word : all) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    execv(TFI_PROGRAM, arguments.data());
    _exit(127);
  }
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  Outcome outcome{WEXITSTATUS(status), std::filesystem::is_regular_file(out_path) ? text_of(out_path) : "",
                  text_of(folder + "/err")};
  EXPECT_NE(outcome.exit_code, 127) << TFI_PROGRAM << " is not built";
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
  EXPECT_EQ(outcome.err, "error: standard output: No space left on device; not all results were printed\n");
}

}  // namespace
}  // namespace tf_injector::cli
