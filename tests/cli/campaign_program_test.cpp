// Campaigns of the whole program: what is printed, where, and with which exit code.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

#include "cli/run_program.hpp"
#include "io/npy.hpp"

namespace tf_injector::detail::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kImages = 8;

// The ResNet20 that comes with the program, or the one beside the tree; "" when there is neither.
std::string resnet20() {
  for (const char* place :
       {"/../models/CIFAR10/ResNet20.keras", "/../../shared/data/models/CIFAR10/ResNet20.keras"}) {
    const std::string path = std::string(TFI_TEST_DIR) + place;
    if (fs::exists(path)) return path;
  }
  return "";
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

// Random 8-bit images of CIFAR's shape, as NumPy writes them.
void write_images(const std::string& folder) {
  fs::create_directories(folder);
  std::mt19937 rng(7);
  std::string pixels(static_cast<size_t>(kImages * 32 * 32 * 3), '\0');
  for (char& pixel : pixels) pixel = static_cast<char>(rng() & 0xff);
  write_file(folder + "/x.npy", npy_header("|u1", std::vector<int64_t>{kImages, 32, 32, 3}) + pixels);
  std::string labels(static_cast<size_t>(kImages), '\0');
  for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<char>(i % 10);
  write_file(folder + "/y.npy", npy_header("|u1", std::vector<int64_t>{kImages}) + labels);
}

// `faults` bits of the first convolution, high ones first.
void write_list(const std::string& path, int faults) {
  std::string text = "Injection,Layer,TensorIndex,Bit\n";
  for (int i = 0; i < faults; ++i) {
    text += std::to_string(i) + ",conv2d,\"(" + std::to_string(i % 3) + ", " + std::to_string(i / 3 % 3) +
            ", 0, " + std::to_string(i / 9 % 16) + ")\"," + std::to_string(31 - i % 32) + "\n";
  }
  write_file(path, text);
}

class CampaignProgram : public testing::Test {
 protected:
  void SetUp() override {
    if (resnet20().empty()) GTEST_SKIP() << "no models/CIFAR10/ResNet20.keras here";
    folder_ = testing::TempDir() + "tfi_campaign_program_" + std::to_string(getpid());
    fs::remove_all(folder_);
    write_images(folder_ + "/data");
    write_list(folder_ + "/list.csv", 6);
  }
  void TearDown() override {
    if (!folder_.empty()) fs::remove_all(folder_);
  }

  // `run` on model and images, with more flags.
  [[nodiscard]] std::vector<std::string> run_words(const std::vector<std::string>& more) const {
    std::vector<std::string> words = {"--model", resnet20(), "--data", folder_ + "/data", "-d", "CIFAR10"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  Outcome run(const std::vector<std::string>& more, const std::string& out_path = "") const {
    return RunningProgram(run_words(more), folder_ + "/said", out_path).wait();
  }
  [[nodiscard]] std::string in_folder(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

const char* const kGoldenPattern = "GOLD stats:\nimages: 8\ntop 1 accuracy: [0-9]+\ntop 5 accuracy: [0-9]+\n";

TEST_F(CampaignProgram, GoldenRunPrintsFourLinesAndWritesNothing) {
  const Outcome outcome = run({"-q", "-o", in_folder("reports")});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, testing::MatchesRegex(kGoldenPattern));
  EXPECT_EQ(outcome.err, "");
  EXPECT_FALSE(fs::exists(in_folder("reports")));
}

TEST_F(CampaignProgram, CampaignPrintsATableAndThePaths) {
  const std::string report = in_folder("r.csv");
  const Outcome outcome = run({"-f", in_folder("list.csv"), "--report", report, "-s"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, testing::MatchesRegex(std::string(kGoldenPattern) + "bit group .*"));
  EXPECT_THAT(outcome.out, HasSubstr("\ntotal                  6          48  "));
  EXPECT_THAT(outcome.out, HasSubstr("\nreport: " + report + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nmetadata: " + in_folder("r.run.json") + "\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nscores: " + in_folder("r")));
  EXPECT_THAT(outcome.err, Not(testing::AnyOf(HasSubstr("\r"), HasSubstr("error"))));
  const std::string bytes = file_text(report);
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\n'), 8);

  const Outcome again = run({"-f", in_folder("list.csv"), "--report", report, "-s"});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  EXPECT_THAT(again.out, HasSubstr("\nreport: " + report + "\n"));
  EXPECT_EQ(file_text(report), bytes);

  const Outcome other = run({"-f", in_folder("list.csv"), "--report", report, "-u"});
  EXPECT_EQ(other.exit_code, 6);
  EXPECT_THAT(other.err, HasSubstr("error: "));
}

TEST_F(CampaignProgram, JsonProgressIsJsonInEveryLine) {
  const Outcome outcome =
      run({"-f", in_folder("list.csv"), "--report", in_folder("r.csv"), "--progress", "json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.err);
  int progress = 0;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json object = nlohmann::json::parse(line);
    if (object.at("event") == "progress") {
      ++progress;
      EXPECT_EQ(object.at("faults_total"), 6);
    }
  }
  EXPECT_GE(progress, 1);
}

TEST_F(CampaignProgram, BenchMeasuresBothEngines) {
  std::vector<std::string> words = run_words({"-f", in_folder("list.csv"), "-q", "--seconds", "1"});
  words.insert(words.begin(), "bench");
  const Outcome table = RunningProgram(words, in_folder("said")).wait();
  ASSERT_EQ(table.exit_code, 0) << table.err;
  EXPECT_EQ(table.err, "");
  EXPECT_THAT(table.out, testing::AllOf(HasSubstr("\nplain "), HasSubstr("\nreplay       6       8 ")));
  words.emplace_back("--json");
  const Outcome json = RunningProgram(words, in_folder("said")).wait();
  std::istringstream lines(json.out);
  std::vector<std::string> names;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json object = nlohmann::json::parse(line);
    names.push_back(object.at("name"));
    EXPECT_GT(object.at("faults_per_second"), 0);
    EXPECT_EQ(object.at("images"), kImages);
  }
  EXPECT_THAT(names, testing::ElementsAre("plain", "replay"));
}

TEST_F(CampaignProgram, BenchMeasuresEveryStep) {
  std::vector<std::string> words = run_words({"--steps", "--json", "-q", "--tile", "2"});
  words.insert(words.begin(), "bench");
  const Outcome outcome = RunningProgram(words, in_folder("said")).wait();
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  std::istringstream lines(outcome.out);
  int convolutions = 0;
  for (std::string line; std::getline(lines, line);) {
    const nlohmann::json object = nlohmann::json::parse(line);
    EXPECT_GT(object.at("seconds_per_image"), 0);
    EXPECT_EQ(object.at("images"), 2);
    if (object.at("multiply_adds") > 0) ++convolutions;
  }
  EXPECT_EQ(convolutions, 20);  // with the Dense layer
}

TEST_F(CampaignProgram, ChecksFaultsThePlainWay) {
  const Outcome outcome = run({"-f", in_folder("list.csv"), "--report", in_folder("r.csv"), "--check", "2"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err,
              HasSubstr("self-check: 24 pairs of a fault and an image (3 faults) and 8 images without a "
                        "fault: equal in every bit"));
}

TEST_F(CampaignProgram, QuietSaysNothing) {
  const Outcome outcome = run({"-f", in_folder("list.csv"), "--report", in_folder("r.csv"), "-q"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.err, "");
}

TEST_F(CampaignProgram, DryRunWritesNothing) {
  const Outcome outcome = run({"-f", in_folder("list.csv"), "--report", in_folder("r.csv"), "--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("faults: 6\n"));
  EXPECT_THAT(outcome.out, HasSubstr("would write: " + in_folder("r.csv")));
  EXPECT_FALSE(fs::exists(in_folder("r.csv")));
  EXPECT_FALSE(fs::exists(in_folder("r.run.json")));
}

TEST_F(CampaignProgram, AReaderThatGoesAwayDoesNotStopTheCampaign) {
  const std::string pipe = in_folder("pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  RunningProgram program(run_words({"-f", in_folder("list.csv"), "--report", in_folder("r.csv")}),
                         in_folder("said"), pipe);
  // The program has opened the pipe when it has gone on to the file of its standard error.
  while (!fs::exists(in_folder("said/err"))) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  close(reader);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.exit_code, 4);
  EXPECT_THAT(outcome.err, HasSubstr("error: standard output could not be written"));
  const std::string bytes = file_text(in_folder("r.csv"));
  EXPECT_EQ(std::count(bytes.begin(), bytes.end(), '\n'), 8);
}

TEST_F(CampaignProgram, InterruptedAndContinuedIsTheSameReport) {
  const std::vector<std::string> words = {"-f", in_folder("long.csv"), "--progress", "json", "--report"};
  const auto with_report = [&](const std::string& name) {
    std::vector<std::string> all = words;
    all.push_back(in_folder(name));
    return all;
  };
  Outcome stopped;
  for (int faults = 200; stopped.exit_code <= 0; faults *= 3) {  // more, where it was done before the signal
    write_list(in_folder("long.csv"), faults);
    fs::remove(in_folder("r.csv"));
    fs::remove(in_folder("r.run.json"));
    RunningProgram program(run_words(with_report("r.csv")), in_folder("said"));
    while (program.err_so_far().find("\"progress\"") == std::string::npos && !program.has_ended())
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    kill(program.id(), SIGINT);
    stopped = program.wait();
  }
  EXPECT_EQ(stopped.exit_code, 75);
  EXPECT_THAT(stopped.err, HasSubstr("the same command"));
  EXPECT_EQ(run(with_report("r.csv")).exit_code, 0);
  EXPECT_EQ(run(with_report("whole.csv")).exit_code, 0);
  EXPECT_EQ(file_text(in_folder("r.csv")), file_text(in_folder("whole.csv")));
}

TEST_F(CampaignProgram, ValidateFitsOrListsEveryProblem) {
  const std::string list = in_folder("list.csv");
  const Outcome fits =
      RunningProgram({"validate", "-f", list, "--model", resnet20()}, in_folder("said")).wait();
  EXPECT_EQ(fits.exit_code, 0);
  EXPECT_EQ(fits.out, list + ": 6 faults, 1 layer, fits " + resnet20() +
                          "\nsign (31): 1\nexponent (23-30): 5\nmantissa (0-22): 0\n");
  EXPECT_EQ(fits.err, "");
  write_file(list,
             "Injection,Layer,TensorIndex,Bit\n0,conv2d,\"(9, 0, 0, 0)\",1\n1,conv2d,\"(0, 0, 0, 0)\",32\n");
  const Outcome wrong =
      RunningProgram({"validate", "-f", list, "--model", resnet20()}, in_folder("said")).wait();
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_EQ(wrong.out, "");
  EXPECT_THAT(wrong.err, testing::AllOf(testing::StartsWith("error: " + list + ":2:"),
                                        HasSubstr("\nerror: " + list + ":3:")));
}

TEST_F(CampaignProgram, InspectPrintsLayersAndSteps) {
  const Outcome outcome =
      RunningProgram({"inspect", resnet20(), "--plan", "--kernels", "scalar"}, in_folder("said")).wait();
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("(3, 3, 3, 16)"));
  EXPECT_THAT(outcome.out, HasSubstr("\ninputs: "));
  EXPECT_THAT(outcome.out, HasSubstr("ref:conv2d"));
}

}  // namespace
}  // namespace tf_injector::detail::cli
