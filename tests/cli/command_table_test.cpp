#include "cli/command_table.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <sstream>

#include "cli/commands/bench_command.hpp"
#include "cli/commands/download_command.hpp"
#include "cli/commands/inspect_command.hpp"
#include "cli/commands/run_command.hpp"
#include "cli/commands/validate_command.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// The sub-command that the words name, with its flags set.
template <typename T>
T parsed(const std::vector<std::string>& words) {
  return dynamic_cast<const T&>(*parse_command_line(words).command);
}

RunCommand run_of(const std::string& line) { return parsed<RunCommand>(words_of(line)); }

// With what every `run` needs before it.
RunOptions options_of(const std::string& flags) {
  return run_of("-d CIFAR10 -n ResNet20 " + flags).campaign.options;
}

std::string refusal_of(const std::vector<std::string>& words) {
  try {
    (void)parse_command_line(words);
  } catch (const Error& error) {
    EXPECT_EQ(error.exit_code(), 2);
    return error.what();
  }
  return "accepted";
}

TEST(RunCommand, DefaultsAreThoseOfThePythonTool) {
  const RunCommand run = run_of("-d CIFAR10 -n ResNet20");
  const RunOptions& options = run.campaign.options;
  EXPECT_EQ(options.dataset, "CIFAR10");
  EXPECT_EQ(options.network, "ResNet20");
  EXPECT_EQ(options.fault_list_path, "");
  EXPECT_EQ(options.report.folder, "reports");
  EXPECT_EQ(options.session.batch_size, 512);
  EXPECT_FALSE(options.resume_from);
  EXPECT_EQ(options.campaign.scores, ScoreMode::none);
  EXPECT_FALSE(options.session.preprocess.tensorflow_arithmetic);
  EXPECT_TRUE(options.allow_download);
  EXPECT_FALSE(options.report.dry_run);
  EXPECT_FALSE(options.report.overwrite);
  EXPECT_EQ(options.session.kernels, KernelSet::automatic);
  EXPECT_EQ(options.resize, Resize::pillow);
  EXPECT_EQ(run.console.progress, ProgressMode::automatic);
  EXPECT_FALSE(run.console.quiet);
}

TEST(RunCommand, SubCommandMayBeLeftOut) {
  EXPECT_EQ(run_of("run -d GTSRB -n Vgg11_bn -f l.csv").campaign.options.dataset, "GTSRB");
  EXPECT_EQ(command_of({"inspect", "m"}), "inspect");
  EXPECT_EQ(command_of({"validate"}), "validate");
  EXPECT_EQ(command_of({"-d", "CIFAR10"}), "run");
  EXPECT_EQ(command_of({}), "run");
}

struct FlagCase {
  const char* line;
  std::function<bool(const RunOptions&)> holds;
};

std::ostream& operator<<(std::ostream& out, const FlagCase& flag) { return out << flag.line; }

class EveryFlag : public testing::TestWithParam<FlagCase> {};

TEST_P(EveryFlag, ReachesItsOption) {
  const FlagCase& flag = GetParam();
  EXPECT_TRUE(flag.holds(options_of(flag.line)));
  EXPECT_FALSE(flag.holds(options_of("")));
}

using Options = RunOptions;
INSTANTIATE_TEST_SUITE_P(
    Flags, EveryFlag,
    testing::Values(
        FlagCase{"--dataset CIFAR100", [](const Options& o) { return o.dataset == "CIFAR100"; }},
        FlagCase{"--network-name VGG", [](const Options& o) { return o.network == "VGG"; }},
        FlagCase{"-f a/l.csv", [](const Options& o) { return o.fault_list_path == "a/l.csv"; }},
        FlagCase{"--fault-list=l.csv", [](const Options& o) { return o.fault_list_path == "l.csv"; }},
        FlagCase{"-o out", [](const Options& o) { return o.report.folder == "out"; }},
        FlagCase{"--output-path out", [](const Options& o) { return o.report.folder == "out"; }},
        FlagCase{"-b 64", [](const Options& o) { return o.session.batch_size == 64; }},
        FlagCase{"-b64", [](const Options& o) { return o.session.batch_size == 64; }},
        FlagCase{"--batch-size 010", [](const Options& o) { return o.session.batch_size == 10; }},
        FlagCase{"-r 17", [](const Options& o) { return o.resume_from == 17; }},
        FlagCase{"--resume-from -3", [](const Options& o) { return o.resume_from == -3; }},
        FlagCase{"-s", [](const Options& o) { return o.campaign.scores == ScoreMode::all; }},
        FlagCase{"--save-scores", [](const Options& o) { return o.campaign.scores == ScoreMode::all; }},
        FlagCase{"--save-outputs", [](const Options& o) { return o.campaign.scores == ScoreMode::all; }},
        FlagCase{"-us",
                 [](const Options& o) {
                   return o.session.preprocess.tensorflow_arithmetic && o.campaign.scores == ScoreMode::all;
                 }},
        FlagCase{"--use-tf", [](const Options& o) { return o.session.preprocess.tensorflow_arithmetic; }},
        FlagCase{"--model m.keras", [](const Options& o) { return o.model_path == "m.keras"; }},
        FlagCase{"--data d.npz", [](const Options& o) { return o.data_path == "d.npz"; }},
        FlagCase{"--output logits", [](const Options& o) { return o.session.output == "logits"; }},
        FlagCase{"--resize tensorflow", [](const Options& o) { return o.resize == Resize::tensorflow; }},
        FlagCase{"--limit 100", [](const Options& o) { return o.session.limit == 100; }},
        FlagCase{"--report r.csv", [](const Options& o) { return o.report.path == "r.csv"; }},
        FlagCase{"--details d.csv",
                 [](const Options& o) { return o.campaign.details && o.report.details_path == "d.csv"; }},
        FlagCase{"--shard 2/8", [](const Options& o) { return o.shard == Shard{.index = 2, .of = 8}; }},
        FlagCase{"--overwrite", [](const Options& o) { return o.report.overwrite; }},
        FlagCase{"--scores changed",
                 [](const Options& o) { return o.campaign.scores == ScoreMode::changed; }},
        FlagCase{"--scores one", [](const Options& o) { return o.campaign.scores == ScoreMode::one; }},
        FlagCase{"-s --scores one", [](const Options& o) { return o.campaign.scores == ScoreMode::one; }},
        FlagCase{"--scores all", [](const Options& o) { return o.campaign.scores == ScoreMode::all; }},
        FlagCase{"--threads 3", [](const Options& o) { return o.session.threads == 3; }},
        FlagCase{"--memory 1.5G", [](const Options& o) { return o.session.memory_bytes == 1610612736; }},
        FlagCase{"--kernels scalar", [](const Options& o) { return o.session.kernels == KernelSet::scalar; }},
        FlagCase{"--tile 32", [](const Options& o) { return o.session.tile == 32; }},
        FlagCase{"--dry-run", [](const Options& o) { return o.report.dry_run; }},
        FlagCase{"--no-download", [](const Options& o) { return !o.allow_download; }},
        FlagCase{"--mean -0.1,0.2,3 --std 1,2,0.5", [](const Options& o) {
                   return o.session.preprocess.mean == std::array{-0.1F, 0.2F, 3.0F} &&
                          o.session.preprocess.std == std::array{1.0F, 2.0F, 0.5F};
                 }}));

TEST(RunCommand, SeedAndValidateChangeNothing) {
  const Options options = options_of("--seed 0 --validate");
  EXPECT_EQ(options.session.batch_size, 512);
  EXPECT_FALSE(options.report.dry_run);
}

TEST(RunCommand, OfARepeatedFlagTheLastCounts) {
  EXPECT_EQ(options_of("-b 1 -b 2 --batch-size 3").session.batch_size, 3);
}

TEST(RunCommand, ProgressAndQuiet) {
  const std::string needed = "-d CIFAR10 -n A ";
  EXPECT_EQ(run_of(needed + "--progress bar").console.progress, ProgressMode::bar);
  EXPECT_EQ(run_of(needed + "--progress lines").console.progress, ProgressMode::lines);
  EXPECT_EQ(run_of(needed + "--progress json").console.progress, ProgressMode::json);
  EXPECT_EQ(run_of(needed + "--progress none").console.progress, ProgressMode::none);
  EXPECT_EQ(run_of(needed + "--progress auto").console.progress, ProgressMode::automatic);
  EXPECT_TRUE(run_of(needed + "-q").console.quiet);
  EXPECT_TRUE(run_of(needed + "--quiet").console.quiet);
}

TEST(RunCommand, ModelAndDataMakeTheNamesOptional) {
  const Options options = run_of("--model m.h5 --data d.npz -f l.csv").campaign.options;
  EXPECT_EQ(options.dataset, "");
  EXPECT_EQ(options.network, "");
  EXPECT_EQ(run_of("--model m.h5 -d CIFAR10").campaign.options.dataset, "CIFAR10");
}

TEST(InspectCommand, Flags) {
  const auto inspect = parsed<InspectCommand>({"inspect", "a b.keras"});
  EXPECT_EQ(inspect.model, "a b.keras");
  EXPECT_FALSE(inspect.plan);
  EXPECT_EQ(inspect.kernels, KernelSet::automatic);
  const auto plan = parsed<InspectCommand>(words_of("inspect --plan --kernels avx2 m.keras"));
  EXPECT_TRUE(plan.plan);
  EXPECT_EQ(plan.kernels, KernelSet::avx2);
  EXPECT_EQ(plan.model, "m.keras");
}

TEST(ValidateCommand, Flags) {
  const auto by_file = parsed<ValidateCommand>(words_of("validate -f l.csv --model m.h5"));
  EXPECT_EQ(by_file.options.fault_list_path, "l.csv");
  EXPECT_EQ(by_file.options.model_path, "m.h5");
  const auto by_name = parsed<ValidateCommand>(words_of("validate --fault-list l.csv -d GTSRB -n ResNet20"));
  EXPECT_EQ(by_name.options.dataset, "GTSRB");
  EXPECT_EQ(by_name.options.network, "ResNet20");
}

struct UsageCase {
  std::vector<std::string> words;
  std::string message;
};

std::ostream& operator<<(std::ostream& out, const UsageCase& usage) { return out << usage.message; }

class Usage : public testing::TestWithParam<UsageCase> {};

TEST_P(Usage, IsOneClearLine) { EXPECT_EQ(refusal_of(GetParam().words), GetParam().message); }

std::vector<std::string> needed(std::vector<std::string> more) {
  more.insert(more.begin(), {"-d", "CIFAR10", "-n", "A"});
  return more;
}

const char* const kNoDataset =
    "-d (--dataset) is required: CIFAR10, CIFAR100 or GTSRB; or both --model and --data";

INSTANTIATE_TEST_SUITE_P(
    Wrong, Usage,
    testing::Values(
        UsageCase{{}, kNoDataset}, UsageCase{{"run"}, kNoDataset}, UsageCase{{"-n", "A"}, kNoDataset},
        UsageCase{{"--model", "m.keras"}, kNoDataset}, UsageCase{{"--data", "d.npz", "-n", "A"}, kNoDataset},
        UsageCase{{"-d", "CIFAR10"}, "-n (--network-name) is required, or --model"},
        UsageCase{
            {"-d", "cifar10", "-n", "A"},
            "--dataset: expected one of CIFAR10, CIFAR100, GTSRB, found 'cifar10' (did you mean 'CIFAR10'?)"},
        UsageCase{{"-d", "MNIST", "-n", "A"},
                  "--dataset: expected one of CIFAR10, CIFAR100, GTSRB, found 'MNIST'"},
        UsageCase{needed({"--fault-lst", "x"}), "unknown flag '--fault-lst'; did you mean '--fault-list'?"},
        UsageCase{needed({"--thread=2"}), "unknown flag '--thread'; did you mean '--threads'?"},
        UsageCase{needed({"-z"}), "unknown flag '-z'"},
        UsageCase{{"generate", "--model", "m", "-n", "9"}, "unknown flag '-n'; did you mean '--n'?"},
        UsageCase{needed({"--zzzzzzzz"}), "unknown flag '--zzzzzzzz'"},
        UsageCase{needed({"faults.csv"}), "unexpected argument 'faults.csv'"},
        UsageCase{{"inspct", "m"}, "unknown sub-command 'inspct'; did you mean 'inspect'?"},
        UsageCase{
            {"frobnicate"},
            "unknown sub-command 'frobnicate'; there are run, inspect, estimate, generate, merge, report, "
            "protect, validate, verify, compare, explain, bench, slurm, download, completion, man"},
        UsageCase{{"-d", "CIFAR10", "-n", "-f", "l.csv"}, "--network-name needs a value, found the flag -f"},
        UsageCase{needed({"-f"}), "-f needs a value"},
        UsageCase{needed({"--limit="}), "--limit needs a value"},
        UsageCase{needed({"--quiet=yes"}), "--quiet takes no value, found 'yes'"},
        UsageCase{needed({"-f", ""}), "--fault-list needs a value"},
        UsageCase{needed({"-b", "0"}), "--batch-size: expected an integer of at least 1, found '0'"},
        UsageCase{needed({"-b", "x"}), "--batch-size: expected an integer, found 'x'"},
        UsageCase{needed({"-b", "1.5"}), "--batch-size: expected an integer, found '1.5'"},
        UsageCase{needed({"-b", "2147483648"}),
                  "--batch-size: expected an integer between 1 and 2147483647, found '2147483648'"},
        UsageCase{needed({"-r", "1e3"}), "--resume-from: expected an integer, found '1e3'"},
        UsageCase{needed({"--seed", "x"}), "--seed: expected an integer, found 'x'"},
        UsageCase{needed({"--limit", "0"}), "--limit: expected an integer of at least 1, found '0'"},
        UsageCase{needed({"--threads", "-1"}), "--threads: expected an integer of at least 1, found '-1'"},
        UsageCase{needed({"--tile", "0"}), "--tile: expected an integer of at least 1, found '0'"},
        UsageCase{needed({"--memory", "4X"}), "--memory: expected a size as 4G, 512M or 1.5G, found '4X'"},
        UsageCase{needed({"--kernels", "avx"}),
                  "--kernels: expected one of auto, avx512, avx2, neon, scalar, found 'avx' (did you mean "
                  "'avx2'?)"},
        UsageCase{
            needed({"--progress", "jsn"}),
            "--progress: expected one of auto, bar, lines, json, none, found 'jsn' (did you mean 'json'?)"},
        UsageCase{needed({"--scores", "some"}),
                  "--scores: expected one of none, changed, all, one, found 'some'"},
        UsageCase{needed({"-s", "--scores", "changed"}), "-s and --scores changed contradict each other"},
        UsageCase{needed({"--resize", "cv"}), "--resize: expected one of pillow, tensorflow, found 'cv'"},
        UsageCase{needed({"--mean", "1,2"}),
                  "--mean: expected three numbers as 0.4914,0.4822,0.4465, found '1,2'"},
        UsageCase{{"inspect"}, "inspect needs a MODEL: a .keras or .h5 file"},
        UsageCase{{"inspect", "a", "b"}, "unexpected argument 'b'"},
        UsageCase{{"inspect", "a", "--plna"}, "unknown flag '--plna'; did you mean '--plan'?"},
        UsageCase{needed({"--check", "-1"}), "--check: expected an integer of at least 0, found '-1'"},
        UsageCase{{"bench", "-d", "CIFAR10", "-n", "A"},
                  "-f (--fault-list) is required: the faults to be measured"},
        UsageCase{{"bench", "-f", "l"}, kNoDataset},
        UsageCase{{"bench", "--report", "r.csv"}, "unknown flag '--report'"},
        UsageCase{{"bench", "--model", "m", "--data", "d", "-f", "l", "--steps", "--techniques"},
                  "--steps and --techniques are two measurements: give one of them"},
        UsageCase{{"bench", "--model", "m", "--data", "d", "--techniques"},
                  "-f (--fault-list) is required: the faults to be measured"},
        UsageCase{{"bench", "--seconds", "0"}, "--seconds: expected an integer of at least 1, found '0'"},
        UsageCase{{"validate", "--model", "m"}, "-f (--fault-list) is required"},
        UsageCase{{"validate", "-f", "l"}, "--model is required, or -d and -n"},
        UsageCase{{"validate", "-f", "l", "-d", "CIFAR10"}, "--model is required, or -d and -n"},
        UsageCase{{"validate", "-f", "l", "-d", "CIFAR10", "-n", "../x"},
                  "--network-name: expected a name, found '../x'; --model and --data take paths"}));

std::string text_of(const std::vector<std::string>& words) { return parse_command_line(words).text; }

TEST(BenchCommand, AreThoseOfRunThatChangeWhatIsMeasured) {
  const auto bench = parsed<BenchCommand>(
      words_of("bench --model m.keras --data d.npz -f l.csv --limit 7 --threads 3 --seconds 2 --json"));
  EXPECT_EQ(bench.campaign.options.model_path, "m.keras");
  EXPECT_EQ(bench.campaign.options.fault_list_path, "l.csv");
  EXPECT_EQ(bench.campaign.options.session.limit, 7);
  EXPECT_EQ(bench.campaign.options.session.threads, 3);
  EXPECT_EQ(bench.plain_seconds, 2);
  EXPECT_TRUE(bench.json);
  EXPECT_FALSE(bench.quiet);
  EXPECT_FALSE(bench.techniques);
  EXPECT_TRUE(
      parsed<BenchCommand>(words_of("bench --model m.keras --data d.npz -f l.csv --techniques")).techniques);
}

TEST(ConsoleOptionsOf, EachSubCommand) {
  const auto options = [](const std::string& line) {
    return parse_command_line(words_of(line)).command->console_options();
  };
  EXPECT_EQ(options("-d CIFAR10 -n A").progress, ProgressMode::automatic);
  EXPECT_EQ(options("-d CIFAR10 -n A --progress json").progress, ProgressMode::json);
  EXPECT_TRUE(options("-d CIFAR10 -n A -q").quiet);
  EXPECT_EQ(options("bench -d CIFAR10 -n A --steps").progress, ProgressMode::lines);
  EXPECT_TRUE(options("bench -d CIFAR10 -n A --steps -q").quiet);
  EXPECT_EQ(options("download GTSRB --progress bar").progress, ProgressMode::bar);
  EXPECT_TRUE(options("download GTSRB -q").quiet);
  EXPECT_EQ(options("inspect m.keras").progress, ProgressMode::none);
  EXPECT_FALSE(options("inspect m.keras").quiet);
  EXPECT_EQ(options("validate -f l.csv --model m.keras").progress, ProgressMode::none);
}

TEST(Help, FitsAHundredColumnsAndHasAnExample) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{{"--help"},
                                                                                     {"-h"},
                                                                                     {"run", "--help"},
                                                                                     {"inspect", "--help"},
                                                                                     {"estimate", "--help"},
                                                                                     {"generate", "--help"},
                                                                                     {"report", "--help"},
                                                                                     {"protect", "--help"},
                                                                                     {"compare", "--help"},
                                                                                     {"validate", "-h"},
                                                                                     {"bench", "-h"},
                                                                                     {"download", "-h"}}) {
    const std::string text = text_of(words);
    EXPECT_THAT(text, HasSubstr("Examples:\n  tf_injector "));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 100U) << line;
  }
}

TEST(DownloadCommand, Flags) {
  const auto plain = parsed<DownloadCommand>({"download", "GTSRB"});
  EXPECT_EQ(plain.dataset, "GTSRB");
  EXPECT_EQ(plain.folder, "");
  EXPECT_TRUE(plain.mirrors.empty());
  EXPECT_EQ(plain.console.progress, ProgressMode::automatic);
  EXPECT_FALSE(plain.console.quiet);

  const std::string hash(64, 'a');
  const auto all =
      parsed<DownloadCommand>({"download", "--url", "http://a/", "CIFAR10", "--to", "d", "--url=http://b/f",
                               "--sha256", hash, "--progress", "json", "-q"});
  EXPECT_EQ(all.dataset, "CIFAR10");
  EXPECT_EQ(all.folder, "d");
  EXPECT_EQ(all.mirrors, (std::vector<std::string>{"http://a/", "http://b/f"}));
  EXPECT_EQ(all.sha256, hash);
  EXPECT_EQ(all.console.progress, ProgressMode::json);
  EXPECT_TRUE(all.console.quiet);
}

TEST(Help, WithoutSubCommandBeginsWithAllOfThem) {
  EXPECT_THAT(text_of({"--help"}),
              StartsWith(
                  R"(tf_injector: flips single bits of a Keras network's weights and reports what each changes

  tf_injector [run] FLAGS                     a campaign, or without a fault list the golden run
  tf_injector inspect MODEL                   the layers of a model and their faultable bits
  tf_injector estimate FLAGS                  how critical a network is, from few faults
  tf_injector generate --model MODEL -o LIST  draws a fault list
  tf_injector merge -o REPORT SHARD...        the reports of the shards of a list become one
  tf_injector report REPORT.csv               what a report says: rates, intervals, a page
  tf_injector protect REPORT.csv              what protections of the weights would leave
  tf_injector validate -f LIST --model MODEL  checks a fault list against a model
  tf_injector verify REPORT.csv               a report held against its model, list and data
  tf_injector compare A B                     two reports, or a report and a published result list
  tf_injector explain FAULT --model MODEL     one fault: how far it can reach, and where it ends
  tf_injector bench FLAGS                     faults per second of the plain engine and of replay
  tf_injector slurm FLAGS                     prints a job script: a campaign as a job array
  tf_injector download DATASET                fetches a test set
  tf_injector completion {bash,zsh}           tab completion for a shell
  tf_injector man                             the manual page
  python -m tf_injector check MODEL           of the Python package: compares with your Keras

tf_injector SUB-COMMAND --help says more; these are the flags of run:

Runs a campaign)"));
  EXPECT_THAT(text_of({"--help"}), HasSubstr("  -d,--dataset {CIFAR10,CIFAR100,GTSRB}\n"));
  EXPECT_THAT(text_of({"-d", "CIFAR10", "--help"}), StartsWith("Runs a campaign"));
}

TEST(Help, InspectAsAWhole) {
  EXPECT_EQ(text_of({"inspect", "--help"}),
            R"(Prints the layers of a model and how many bits of its weights can be hit.
Usage: tf_injector inspect MODEL [FLAGS]

Positionals:
  MODEL                           A .keras or .h5 file

Options:
  --storage {float32,bfloat16,float16,int8}
                                  The weights are stored in this format and computed with as
                                  float32; faults hit what is stored (default: float32)
  --plan                          Also print the steps that are run, with their kernels
  --kernels {auto,avx512,avx2,neon,scalar}
                                  The instruction set of the plan (default: auto)
  -c,--config FILE                Flags that are not given here: a TOML file with a line `long-name
                                  = value` each
  --print-config                  Print the flags as such a file, and end
  --version                       Print the version
  -h,--help                       Print this help

Examples:
  tf_injector inspect models/CIFAR10/ResNet20.keras
  tf_injector inspect net.keras --plan
  tf_injector inspect net.keras --storage int8
)");
}

TEST(Version, IsThatOfTheProject) {
  EXPECT_THAT(text_of({"--version"}), testing::MatchesRegex("tf_injector [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  EXPECT_EQ(text_of({"--version"}), text_of({"run", "--version"}));
  EXPECT_EQ(text_of({"--version"}), text_of({"inspect", "--version"}));
}

}  // namespace
}  // namespace tf_injector::detail::cli
