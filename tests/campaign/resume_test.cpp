// Reports that are interrupted, torn, changed, foreign, finished or in use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <random>

#include "campaign/campaign_fixture.hpp"
#include "report/report_names.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// Every file below a folder with its content.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) files[entry.path().string()] = read_text(entry.path().string());
  }
  return files;
}

class ResumeTest : public CampaignTest {
 protected:
  std::string refusal(const RunInputs& inputs, const RunOptions& o) {
    const auto before = contents(folder_);
    const Error error = error_of([&] { run(inputs, o, no_inference()); });
    EXPECT_EQ(error.kind(), ErrorKind::resume) << error.what();
    EXPECT_EQ(contents(folder_), before) << "a refusal changes nothing";
    return error.what();
  }
};

TEST_F(ResumeTest, InterruptedAtEveryBlockTheReportComesOutTheSame) {
  const RunInputs inputs = random_inputs(1);
  const std::string expected = whole_report(inputs);
  for (bool named : {true, false}) {
    RunOptions o = options(named ? "r.csv" : "");
    for (int block = 0; block < 4; ++block) run_until_block(inputs, o, block == 0 ? 0 : 1, 3);
    // 0, then 1 block more each time
    int64_t before = -1;
    CampaignCallbacks callbacks;
    callbacks.progress = [&](const Progress& progress) { before = progress.faults_before; };
    o.threads = 3;  // may change in between, like the tile and the kernels
    o.tile = 2;
    o.kernels = KernelSet::scalar;
    const RunResult result = run(inputs, o, blocks_of(5), callbacks);
    EXPECT_EQ(before, 9);
    EXPECT_EQ(read_text(result.report_path), expected);
    EXPECT_TRUE(metadata_of(result.metadata_path).finished);
    EXPECT_EQ(result.groups[0].faults + result.groups[1].faults + result.groups[2].faults, 20);
    if (named) continue;
    EXPECT_EQ(std::distance(fs::directory_iterator(path("out/D/N")), {}), 2) << "report and metadata";
  }
}

TEST_F(ResumeTest, StoppedInTheGoldenRunItBeginsAgain) {
  const RunInputs inputs = random_inputs(2);
  const std::string expected = whole_report(inputs);
  const RunOptions o = options();
  std::atomic<bool> stop{true};
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  Error error = error_of([&] { run(inputs, o, no_inference(), callbacks); });
  EXPECT_EQ(error.exit_code(), 75);
  EXPECT_FALSE(file_exists(o.path));
  stop = false;
  EngineHooks hooks;
  hooks.made = [&] { stop = true; };
  error = error_of([&] { run(inputs, o, tuning_with(hooks), callbacks); });
  EXPECT_EQ(error.exit_code(), 75);
  EXPECT_STREQ(error.what(), "interrupted");
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), expected);
}

TEST_F(ResumeTest, StoppedWithinAPieceOnlyWholeBlocksStay) {
  const RunInputs inputs = random_inputs(2);
  const std::string expected = whole_report(inputs);
  RunOptions o = options();
  o.tile = 1;
  std::atomic<bool> stop{false};
  std::atomic<int> pieces{0};
  EngineHooks hooks;
  hooks.piece = [&](size_t, size_t) { stop = ++pieces > 30; };
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  for (const NamedEngine& first : both_engines()) {
    for (const NamedEngine& second : both_engines()) {
      SCOPED_TRACE(std::string(first.name) + ", then " + second.name);
      fs::remove(o.path);
      pieces = 0;
      stop = false;
      EXPECT_EQ(error_of([&] { run(inputs, o, tuning_with(hooks, 4, first.engine), callbacks); }).kind(),
                ErrorKind::interrupted);
      const Report report = parse_report(read_text(o.path), "r");
      EXPECT_EQ(report.complete_bytes, read_text(o.path).size());
      EXPECT_EQ(report.rows.size() % 4, 0u);
      EXPECT_LT(report.rows.size(), 20u);
      run(inputs, o, tuning_with({}, 0, second.engine));
      EXPECT_EQ(read_text(o.path), expected);
    }
  }
}

TEST_F(ResumeTest, ARunKilledWhileItAppendsIsContinuedWhateverIsTorn) {
  CaseOptions c;
  c.faults = 8;
  const RunInputs inputs = random_inputs(3, c);
  const std::string expected = whole_report(inputs);
  const RunOptions o = options();
  const std::string metadata_path = metadata_path_of(o.path);
  for (int block : {0, 1}) {  // the golden row is announced, or a block
    fs::remove(o.path);
    run_until_block(inputs, o, block, 4);
    const std::string metadata = read_text(metadata_path);
    const size_t recorded = metadata_of(metadata_path).report_bytes;
    const size_t pending = metadata_of(metadata_path).pending.value().bytes;
    std::vector<std::string> torn;
    for (size_t size = recorded; size < pending; size += 41) torn.push_back(expected.substr(0, size));
    torn.push_back(expected.substr(0, pending));
    torn.push_back(expected.substr(0, recorded) + std::string(pending - recorded, '\0'));
    torn.push_back(expected.substr(0, recorded + 50) + std::string(20, '\0') + "\r\n0\r\n");
    torn.push_back(expected.substr(0, recorded) + "7,w0,\"(0, 0, 0, 0)\",3,11,1,1,11,11\r\n");
    for (const std::string& text : torn) {
      write_atomic(o.path, text);
      write_atomic(metadata_path, metadata);
      run(inputs, o);
      ASSERT_EQ(read_text(o.path), expected) << "torn at " << text.size();
    }
  }
}

TEST_F(ResumeTest, ARunKilledBeforeTheFirstRowIsContinued) {
  const RunInputs inputs = random_inputs(4);
  const std::string expected = whole_report(inputs);
  const RunOptions o = options();
  run_until_block(inputs, o, 0, 4);
  fs::remove(metadata_path_of(o.path));
  write_atomic(o.path, "");  // between the making of the two files
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), expected);
}

TEST_F(ResumeTest, ScoresOfAnInterruptedRunAreComplete) {
  const RunInputs inputs = random_inputs(5);
  RunOptions whole = options("whole.csv"), o = options();
  whole.scores = o.scores = ScoreMode::all;
  run(inputs, whole);
  run_until_block(inputs, o, 2, 4);
  for (const ReportRow& row : parse_report(read_text(o.path), "r").rows)
    EXPECT_TRUE(file_exists(path("r/inj_" + std::to_string(row.fault.id) + ".npy")));
  fs::remove(path("r/clean.npy"));
  run(inputs, o);
  const auto expected = contents(path("whole")), found = contents(path("r"));
  ASSERT_EQ(found.size(), 21u);
  ASSERT_EQ(expected.size(), 21u);
  for (auto a = expected.begin(), b = found.begin(); a != expected.end(); ++a, ++b) {
    EXPECT_EQ(fs::path(a->first).filename(), fs::path(b->first).filename());
    EXPECT_EQ(a->second, b->second);
  }
}

TEST_F(ResumeTest, AReportOfAnotherRunIsRefusedAndWhatDiffersIsSaid) {
  const RunInputs inputs = random_inputs(6);
  RunOptions o = options();
  run_until_block(inputs, o, 1, 4);
  RunInputs other = inputs;
  other.model_sha256 = std::string(64, 'b');
  EXPECT_THAT(refusal(other, o), HasSubstr("the model's SHA-256: aaaa"));
  other = inputs;
  other.dataset.sha256 = std::string(64, 'b');
  EXPECT_THAT(refusal(other, o), HasSubstr("the data's SHA-256: dddd"));
  other = inputs;
  other.list->sha256 = std::string(64, 'b');
  EXPECT_THAT(refusal(other, o), HasSubstr("the fault list's SHA-256: ffff"));
  RunOptions changed = o;
  changed.batch_size = 1;
  changed.preprocess.tensorflow_arithmetic = true;
  EXPECT_THAT(refusal(inputs, changed),
              HasSubstr("`batch_size`: 512 in the report, 1 now\n  `use_tf`: not given in the "
                        "report, given now"));
  changed = o;
  changed.limit = 3;
  EXPECT_THAT(refusal(inputs, changed), HasSubstr("`limit`: not given in the report, 3 now"));
  changed = o;
  changed.resume_from = inputs.list->faults[1].id;
  EXPECT_THAT(refusal(inputs, changed), HasSubstr("`resume_from`: not given in the report"));
  changed = o;
  changed.resize = "tensorflow";
  EXPECT_THAT(refusal(inputs, changed), HasSubstr("`resize`: pillow in the report, tensorflow now"));
  changed = o;
  changed.preprocess.mean = {0, 0, 0};
  changed.preprocess.std = {1, 1, 2};
  EXPECT_THAT(refusal(inputs, changed),
              HasSubstr("the std of the preprocessing: none in the report, 1,1,2 now"));
  changed = o;
  changed.scores = ScoreMode::all;
  EXPECT_THAT(refusal(inputs, changed), HasSubstr("`scores`: none in the report, all now"));
  run(inputs, o);
}

TEST_F(ResumeTest, AChangedReportIsRefused) {
  const RunInputs inputs = random_inputs(7);
  const RunOptions o = options();
  run_until_block(inputs, o, 2, 4);
  const std::string text = read_text(o.path);
  std::mt19937 rng(1);
  for (int round = 0; round < 40; ++round) {
    std::string changed = text;
    changed[rng() % changed.size()] ^= static_cast<char>(1 << rng() % 7);
    write_atomic(o.path, changed);
    EXPECT_THAT(refusal(inputs, o), HasSubstr("changed after it was written"));
  }
  write_atomic(o.path, text.substr(0, metadata_of(metadata_path_of(o.path)).report_bytes - 1));
  EXPECT_THAT(refusal(inputs, o), HasSubstr("it was cut or changed after it was written"));
  fs::remove(metadata_path_of(o.path));
  EXPECT_THAT(refusal(inputs, o), HasSubstr("what it comes from is not known"));
  write_atomic(metadata_path_of(o.path), "{}");
  EXPECT_THAT(refusal(inputs, o), HasSubstr("no metadata of a report"));
}

TEST_F(ResumeTest, AGoldenRowThatIsNotTheGoldenRunsIsRefused) {
  RunInputs inputs = random_inputs(8);
  const RunOptions o = options();
  run_until_block(inputs, o, 1, 4);
  const auto before = contents(folder_);
  for (int32_t& label : inputs.dataset.labels) label = (label + 1) % 7;  // whatever the hash says
  const Error error = error_of([&] { run(inputs, o); });
  EXPECT_EQ(error.kind(), ErrorKind::resume);
  EXPECT_THAT(error.what(), HasSubstr("the golden row differs: 11 images, top 1 "));
  EXPECT_EQ(contents(folder_).at(o.path), before.at(o.path));
}

TEST_F(ResumeTest, AFinishedReportIsSaidToBeAndLeftAlone) {
  const RunInputs inputs = random_inputs(9);
  RunOptions o = options();
  const RunResult first = run(inputs, o);
  const auto before = contents(folder_);
  const RunResult again = run(inputs, o, no_inference());
  EXPECT_EQ(again.outcome, RunOutcome::already_finished);
  EXPECT_EQ(again.faults, 20);
  EXPECT_EQ(again.golden.top_1_correct, first.golden.top_1_correct);
  EXPECT_EQ(again.groups[2].masked, first.groups[2].masked);
  EXPECT_EQ(contents(folder_), before);
  write_atomic(o.path, read_text(o.path) + "x");
  EXPECT_THAT(refusal(inputs, o), HasSubstr("20 of 20 faults"));
}

TEST_F(ResumeTest, OverwriteBeginsAnew) {
  const RunInputs inputs = random_inputs(10);
  const std::string expected = whole_report(inputs);
  RunOptions o = options();
  o.scores = ScoreMode::all;
  run(random_inputs(11), o);  // another list, other scores
  write_atomic(path("r/notes.txt"), "mine");
  o.overwrite = true;
  o.scores = ScoreMode::none;
  run(inputs, o, blocks_of(7));
  EXPECT_EQ(read_text(o.path), expected);
  EXPECT_EQ(contents(path("r")).size(), 1u) << "the scores of the old report are gone, nothing else";
  run_until_block(inputs, o, 1, 4);
  o.overwrite = false;
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), expected);
}

TEST_F(ResumeTest, OverwriteSparesWhatIsNoReport) {
  RunOptions o = options("thesis.csv");
  o.overwrite = true;
  write_atomic(o.path, "ten years of work\r\n");
  EXPECT_THAT(refusal(random_inputs(10), o), HasSubstr("is no report, so it is not overwritten"));
}

TEST_F(ResumeTest, OverwriteInTheFolderBeginsANewFile) {
  const RunInputs inputs = random_inputs(10);
  RunOptions o = options("");
  run_until_block(inputs, o, 1, 4);
  o.overwrite = true;
  run(inputs, o);
  EXPECT_EQ(std::distance(fs::directory_iterator(path("out/D/N")), {}), 4);
}

TEST_F(ResumeTest, InTheFolderTheNewestMatchingUnfinishedReportGoesOn) {
  const RunInputs inputs = random_inputs(12);
  RunOptions o = options("");
  std::vector<std::string> messages;
  CampaignCallbacks callbacks;
  callbacks.message = [&](const std::string& text) { messages.push_back(text); };
  run_until_block(inputs, o, 1, 4);  // the oldest
  RunOptions other = o;
  other.batch_size = 5;
  run_until_block(inputs, other, 2, 4);  // of another run
  o.overwrite = true;
  run_until_block(inputs, o, 3, 4);  // the newest
  o.overwrite = false;
  write_atomic(path("out/D/N/D_N_broken.csv"), "");
  write_atomic(path("out/D/N/D_N_broken.run.json"), "{");
  const RunResult newest = run(inputs, o, {}, callbacks);
  EXPECT_THAT(messages, testing::Contains(HasSubstr("going on with " + newest.report_path + ": 12 of 20")));
  EXPECT_THAT(messages, testing::Contains(HasSubstr("left alone: ")));
  const RunResult oldest = run(inputs, o, {}, callbacks);
  EXPECT_THAT(messages, testing::Contains(HasSubstr("going on with " + oldest.report_path + ": 4 of 20")));
  messages.clear();
  const RunResult fresh = run(inputs, o, {}, callbacks);
  EXPECT_THAT(messages,
              testing::Contains(HasSubstr("is unfinished, but of another run (`batch_size`: 5 in the report, "
                                          "512 now); a new report is begun")));
  EXPECT_EQ(read_text(fresh.report_path), read_text(oldest.report_path));
  EXPECT_EQ(read_text(fresh.report_path), read_text(newest.report_path));
}

TEST_F(ResumeTest, AReportInUseIsBusyNamedOrFound) {
  const RunInputs inputs = random_inputs(13);
  for (bool named : {true, false}) {
    const RunOptions o = options(named ? "r.csv" : "");
    int tried = 0;
    EngineHooks hooks;  // while the run is in its first block, another one starts
    hooks.block = [&](size_t) {
      ++tried;
      const Error error = error_of([&] { run(inputs, o, no_inference()); });
      EXPECT_EQ(error.kind(), ErrorKind::busy);
      EXPECT_THAT(error.what(), HasSubstr("is in use by another run"));
    };
    const RunResult result = run(inputs, o, tuning_with(hooks, 10));
    EXPECT_EQ(tried, 2);
    EXPECT_EQ(parse_report(read_text(result.report_path), "r").rows.size(), 20u);
  }
}

// Gives up, for a test that fails, after a minute without a byte.
void wait_for_bytes(int pipe_end, int count) {
  for (char byte = 0; count > 0; --count) {
    pollfd ready{pipe_end, POLLIN, 0};
    if (poll(&ready, 1, 60'000) != 1 || read(pipe_end, &byte, 1) != 1) return;
  }
}

TEST_F(ResumeTest, OfProcessesThatStartTogetherOneRunsAndTheOthersAreTold) {
  const RunInputs inputs = random_inputs(13);
  const std::string expected = whole_report(inputs);
  constexpr int kProcesses = 8;
  for (bool named : {true, false}) {
    RunOptions o = options(named ? "r.csv" : "");
    o.threads = 1;
    std::array<int, 2> gate{};  // closed by the parent when all are there
    std::array<int, 2> told{};  // a byte from each process that was refused
    ASSERT_EQ(pipe(gate.data()), 0);
    ASSERT_EQ(pipe(told.data()), 0);
    EngineHooks hooks;  // the one that runs is at work until all others have been told
    hooks.block = [&told](size_t) { wait_for_bytes(told[0], kProcesses - 1); };
    std::vector<pid_t> processes;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t process = fork();
      if (process == 0) {
        int code = 0;
        char nothing = 0;
        close(gate[1]);
        if (read(gate[0], &nothing, 1) != 0) _exit(99);
        try {
          run(inputs, o, tuning_with(hooks, 20));
        } catch (const Error& error) {
          code = error.exit_code();
          if (write(told[1], &nothing, 1) != 1) code = 98;
        }
        _exit(code);
      }
      processes.push_back(process);
    }
    for (const int end : {gate[0], gate[1], told[0], told[1]}) close(end);
    std::map<int, int> codes;
    for (pid_t process : processes) {
      int status = 0;
      waitpid(process, &status, 0);
      ++codes[WIFEXITED(status) ? WEXITSTATUS(status) : -1];
    }
    EXPECT_EQ(codes, (std::map<int, int>{{0, 1}, {5, kProcesses - 1}}));
    const std::string folder = named ? folder_ : path("out/D/N");
    for (const auto& [name, text] : contents(folder))
      EXPECT_TRUE(!name.ends_with(".csv") || text == expected) << name;
  }
}

TEST_F(ResumeTest, AFolderOfScoresThatIsNotOursIsNotTaken) {
  RunOptions o = options();
  o.scores = ScoreMode::all;
  fs::create_directories(path("r"));
  write_atomic(path("r/clean.npy"), "mine");
  EXPECT_THAT(refusal(random_inputs(14), o), HasSubstr("the folder for the scores is not empty"));
}

TEST_F(ResumeTest, DryRunLooksAtWhatWouldGoOnAndLeavesIt) {
  const RunInputs inputs = random_inputs(17);
  RunOptions o = options();
  run_until_block(inputs, o, 2, 4);
  const auto before = contents(folder_);
  o.dry_run = true;
  std::vector<std::string> messages;
  CampaignCallbacks callbacks;
  callbacks.message = [&](const std::string& text) { messages.push_back(text); };
  const RunResult result = run(inputs, o, {}, callbacks);
  EXPECT_THAT(messages, testing::Contains(HasSubstr("has 8 of 20 faults already")));
  EXPECT_EQ(result.report_path, o.path);
  EXPECT_EQ(contents(folder_), before);
}

}  // namespace
}  // namespace tf_injector::detail::test
