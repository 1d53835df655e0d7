// Flags from the file of -c: all that the command line can say, and what wins.
#include "cli/config_file.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "campaign/campaign_fixture.hpp"
#include "cli/command_table.hpp"
#include "cli/commands/estimate_command.hpp"
#include "cli/commands/run_command.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

class ConfigFileTest : public test::FolderTest {
 protected:
  std::string write(const std::string& text) {
    std::ofstream(path("c.toml"), std::ios::binary) << text;
    return path("c.toml");
  }
  ParsedLine parse(std::vector<std::string> words) {
    words.insert(words.begin(), {"run", "-c", path("c.toml")});
    return parse_command_line(words);
  }
  RunCommand run_of(const std::vector<std::string>& words) {
    return dynamic_cast<const RunCommand&>(*parse(words).command);
  }
  std::string refusal_of(const std::string& text, const std::vector<std::string>& words = {}) {
    write("dataset = 'CIFAR10'\nnetwork-name = 'A'\n" + text);
    try {
      (void)parse(words);
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      std::string what = error.what();
      const size_t place = what.find(path("c.toml"));
      return place == std::string::npos ? what : what.erase(place, path("").size());
    }
    return "accepted";
  }
};

TEST_F(ConfigFileTest, SetsFlagsOfEveryKind) {
  write(
      "dataset = 'CIFAR10'\nnetwork-name = \"A\"\nbatch-size = 64\nresume-from = -3\nmean = [0.5, 1, -2]\n"
      "std = '1,2,3'\nmemory = '2K'\nuse-tf = true\nquiet = false\nsave-outputs = true\n");
  const RunCommand run = run_of({});
  const RunOptions& options = run.campaign.options;
  EXPECT_EQ(options.dataset, "CIFAR10");
  EXPECT_EQ(options.network, "A");
  EXPECT_EQ(options.session.batch_size, 64);
  EXPECT_EQ(options.resume_from, -3);
  EXPECT_EQ(options.session.preprocess.mean, (std::array{0.5F, 1.0F, -2.0F}));
  EXPECT_EQ(options.session.preprocess.std, (std::array{1.0F, 2.0F, 3.0F}));
  EXPECT_EQ(options.session.memory_bytes, 2048);
  EXPECT_TRUE(options.session.preprocess.tensorflow_arithmetic);
  EXPECT_FALSE(run.console.quiet);
  EXPECT_EQ(options.campaign.scores, ScoreMode::all);
}

TEST_F(ConfigFileTest, TheCommandLineWins) {
  write("dataset = 'CIFAR10'\nnetwork-name = 'A'\nthreads = 3\noverwrite = true\nlimit = 5\n");
  const RunOptions options = run_of({"--threads", "7", "--overwrite=false", "-n", "B"}).campaign.options;
  EXPECT_EQ(options.session.threads, 7);
  EXPECT_FALSE(options.report.overwrite);
  EXPECT_EQ(options.network, "B");
  EXPECT_EQ(options.session.limit, 5);
  EXPECT_TRUE(run_of({"--overwrite=true"}).campaign.options.report.overwrite);
}

TEST_F(ConfigFileTest, WhatWasGivenIsKnown) {
  write("dataset = 'CIFAR10'\nnetwork-name = 'A'\nthreads = 3\nquiet = false\nvalidate = true\n");
  const Configuration found = parse({"-n", "B", "-s"}).configuration;
  EXPECT_EQ(found.file, path("c.toml"));
  const std::vector<GivenFlag> flags = {{"dataset", {"CIFAR10"}},
                                        {"network-name", {"B"}},
                                        {"save-scores", {}},
                                        {"validate", {}},
                                        {"threads", {"3"}}};
  EXPECT_EQ(found.flags, flags);
}

TEST_F(ConfigFileTest, PrintedItIsReadAsTheSame) {
  write("dataset = 'CIFAR10'\nthreads = 3\nmean=[1,2,3]\n");
  const ParsedLine printed = parse({"-n", "a \"b\"", "-s", "--print-config"});
  EXPECT_EQ(printed.command, nullptr);
  EXPECT_EQ(printed.text,
            "dataset = \"CIFAR10\"\nnetwork-name = \"a \\\"b\\\"\"\nsave-scores = true\nmean = \"1,2,3\"\n"
            "threads = 3\n");
  write(printed.text);
  EXPECT_EQ(parse({"--print-config"}).text, printed.text);
  EXPECT_THROW((void)parse({"-o", "\xFF", "--print-config"}), Error);
}

TEST_F(ConfigFileTest, WhatIsWrongIsSaidInOneLineWithItsPlace) {
  EXPECT_EQ(refusal_of(""), "accepted");
  EXPECT_EQ(refusal_of("thread = 2"),
            "c.toml:3: unknown key 'thread'; expected the long name of a flag (did you mean 'threads'?)");
  EXPECT_EQ(
      refusal_of("fault_list = 'x'"),
      "c.toml:3: unknown key 'fault_list'; expected the long name of a flag (did you mean 'fault-list'?)");
  for (const char* key :
       {"config", "help", "version", "print-config", "zzz", "'a b'", "'threads=2'", "'-threads'", "''", "s"})
    EXPECT_THAT(refusal_of(std::string(key) + " = 1"), HasSubstr("c.toml:3: unknown key")) << key;
  EXPECT_EQ(refusal_of("threads = 0"), "c.toml:3: --threads: expected an integer of at least 1, found '0'");
  EXPECT_EQ(refusal_of("threads = 0", {"--threads", "2"}), "accepted");  // what it may be is not asked
  EXPECT_EQ(refusal_of("threads = true"), "c.toml:3: threads: expected a text or a number, found true");
  EXPECT_EQ(refusal_of("threads = true", {"--threads", "2"}),
            "c.toml:3: threads: expected a text or a number, found true");
  EXPECT_EQ(refusal_of("threads = ''"), "c.toml:3: threads: expected a value, found an empty text");
  EXPECT_EQ(refusal_of("mean = []"), "c.toml:3: mean: expected a value, found an empty list");
  EXPECT_EQ(refusal_of("mean = ['1,2', 3]"), "c.toml:3: mean: expected values without a comma in the list");
  EXPECT_EQ(refusal_of("quiet = 1"), "c.toml:3: quiet: expected true or false");
  EXPECT_EQ(refusal_of("quiet = [true]"), "c.toml:3: quiet: expected true or false");
  EXPECT_EQ(refusal_of("save-scores = true\nsave-outputs = true"),
            "c.toml:4: 'save-scores' and 'save-outputs' are one flag");
  EXPECT_EQ(refusal_of("threads = = 3"),
            "c.toml:3:11: expected a value: \"text\" in quotes, a number, true, false or a list of them, "
            "found '='");
  EXPECT_EQ(refusal_of("", {"--quiet", "--quiet=false"}), "--quiet and --quiet=false contradict each other");
  EXPECT_EQ(refusal_of("scores = 'changed'", {"-s"}), "-s and --scores changed contradict each other");
}

TEST_F(ConfigFileTest, WhatIsNoFileOfFlagsIsRefused) {
  const auto refusal = [](const std::string& file) -> std::string {
    try {
      (void)parse_command_line({"run", "--config", file});
    } catch (const Error& error) {
      EXPECT_EQ(error.exit_code(), 2);
      return error.what();
    }
    return "accepted";
  };
  EXPECT_THAT(refusal(path("none.toml")), EndsWith("none.toml: No such file or directory"));
  EXPECT_THAT(refusal(path("")), EndsWith("expected a TOML file, found a folder"));
  EXPECT_EQ(refusal("/dev/zero"), "--config /dev/zero: more than 1 MiB: no file of flags");
  EXPECT_EQ(refusal(write(std::string("a\0", 2))), path("c.toml") + ":1:2: NUL byte");
  EXPECT_EQ(refusal(""), "--config needs a value");
  write(std::string(1 << 20, '#'));
  EXPECT_THAT(refusal(path("c.toml")), HasSubstr("-d (--dataset) is required"));
}

TEST_F(ConfigFileTest, OtherCommandsTakeOneToo) {
  write("model = 'm.keras'\ndata = 'd.npz'\nerror = 0.25\n");
  const ParsedLine line = parse_command_line({"estimate", "--config", path("c.toml")});
  EXPECT_EQ(dynamic_cast<const EstimateCommand&>(*line.command).campaign.options.model_path, "m.keras");
}

// A key of a file is the long name of a flag, so that each needs one.
TEST_F(ConfigFileTest, EveryFlagHasALongName) {
  for (const CommandText& command : command_texts()) {
    for (const FlagText& flag : command.flags) {
      const bool has_long = std::any_of(flag.names.begin(), flag.names.end(),
                                        [](const std::string& name) { return name.starts_with("--"); });
      EXPECT_TRUE(has_long || flag.is_argument()) << command.name << " " << flag.names.front();
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::cli
