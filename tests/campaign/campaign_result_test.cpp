// What a campaign says, where it writes, what it refuses, how much memory it takes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <new>
#include <thread>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slow_report.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class CampaignResultTest : public CampaignTest {};

TEST_F(CampaignResultTest, ByDefaultFilesAreNamedAfterDataNetworkAndTime) {
  const RunInputs inputs = random_inputs(12);
  RunOptions o = options("");
  o.scores = ScoreMode::all;
  const RunResult first = run(inputs, o);
  EXPECT_THAT(first.report_path, testing::MatchesRegex(".*/out/D/N/D_N_[0-9]+_[0-9]+\\.csv"));
  EXPECT_THAT(first.metadata_path, testing::MatchesRegex(".*/out/D/N/D_N_[0-9]+_[0-9]+\\.run\\.json"));
  EXPECT_THAT(first.score_folder, testing::MatchesRegex(".*/out/D/N/[0-9]+_[0-9]+"));
  const RunResult second = run(inputs, o);  // the first is finished
  EXPECT_NE(second.report_path, first.report_path);
  EXPECT_NE(second.score_folder, first.score_folder);
  EXPECT_EQ(read_text(second.report_path), read_text(first.report_path));
}

TEST_F(CampaignResultTest, ResultAndMetadataSayWhatTheReportHolds) {
  const RunInputs inputs = random_inputs(13);
  const RunResult result = run(inputs, options());
  EXPECT_EQ(result.outcome, RunOutcome::done);
  EXPECT_EQ(result.faults, 20);
  const std::string text = read_text(result.report_path);
  const Report report = parse_report(text, "r");
  const std::vector<BitGroupSummary> groups = summarize(read_report(result.report_path).rows);
  ASSERT_EQ(groups.size(), 3u);
  int64_t faults = 0, masked = 0, critical = 0, expected_masked = 0, expected_critical = 0;
  for (size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(groups[g].faults, result.groups[g].faults);
    EXPECT_EQ(groups[g].masked, result.groups[g].masked);
    EXPECT_EQ(groups[g].images, groups[g].faults * 11);
    EXPECT_EQ(groups[g].masked + groups[g].non_critical + groups[g].critical, groups[g].images);
    faults += groups[g].faults;
    masked += groups[g].masked;
    critical += groups[g].critical;
  }
  for (const ReportRow& row : report.rows) {
    expected_masked += row.tally.masked;
    expected_critical += row.tally.critical();
  }
  EXPECT_EQ(faults, 20);
  EXPECT_EQ(masked, expected_masked);
  EXPECT_EQ(critical, expected_critical);
  const RunMetadata metadata = metadata_of(result.metadata_path);
  EXPECT_TRUE(metadata.finished);
  EXPECT_EQ(metadata.rows, 20);
  EXPECT_EQ(metadata.report_bytes, text.size());
  EXPECT_EQ(metadata.faults, 20);
  EXPECT_EQ(metadata.images, 11);
  EXPECT_EQ(metadata.classes, 7);
  EXPECT_EQ(metadata.threads, 2);
  EXPECT_EQ(metadata.threads_source, "as asked");
  EXPECT_EQ(metadata.report, "r.csv");
}

TEST_F(CampaignResultTest, SummarizeReportRefusesWhatIsNotWhole) {
  const RunResult result = run(random_inputs(13), options());
  const std::string text = read_text(result.report_path);
  write_atomic(path("torn.csv"), text.substr(0, text.size() - 3));
  write_atomic(path("empty.csv"), "");
  EXPECT_EQ(error_of([&] { static_cast<void>(read_report(path("torn.csv"))); }).kind(), ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(read_report(path("empty.csv"))); }).kind(),
            ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(read_report(path("none.csv"))); }).kind(), ErrorKind::bad_input);
}

TEST_F(CampaignResultTest, TellsHowFarItIs) {
  const RunInputs inputs = random_inputs(14);
  std::vector<Progress> seen;  // how often: progress_reporter_test.cpp
  CampaignCallbacks callbacks;
  callbacks.progress = [&](const Progress& progress) { seen.push_back(progress); };
  Tally golden;
  callbacks.golden = [&](const Tally& summary) { golden = summary; };
  RunOptions o = options();
  o.threads = 4;
  o.tile = 1;
  const RunResult result = run(inputs, o, tuning_with({}, 4), callbacks);
  ASSERT_FALSE(seen.empty());
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].faults_done, seen[i - 1].faults_done);
    EXPECT_GE(seen[i].rows_written, seen[i - 1].rows_written);
    EXPECT_GE(seen[i].seconds, seen[i - 1].seconds);
  }
  EXPECT_EQ(seen.back().faults_total, 20);
  EXPECT_EQ(seen.back().faults_before, 0);
  EXPECT_EQ(seen.back().faults_done, 20.0);
  EXPECT_EQ(seen.back().rows_written, 20);
  EXPECT_EQ(seen.back().images_evaluated, 220);
  EXPECT_EQ(seen.back().critical,
            result.groups[0].critical + result.groups[1].critical + result.groups[2].critical);
  EXPECT_EQ(golden.images, 11);
  EXPECT_EQ(golden.top_1_correct, result.golden.top_1_correct);
}

TEST_F(CampaignResultTest, DryRunWritesNothingAndSaysWhatItWould) {
  const RunInputs inputs = random_inputs(15);
  RunOptions o = options("");
  o.dry_run = true;
  o.scores = ScoreMode::all;
  const RunResult result = run(inputs, o);
  EXPECT_EQ(result.outcome, RunOutcome::dry_run);
  EXPECT_FALSE(file_exists(o.folder));
  ASSERT_EQ(result.would_write.size(), 4u);
  EXPECT_THAT(result.would_write[0], HasSubstr("/out/D/N/D_N_"));
  EXPECT_THAT(result.would_write[2], HasSubstr("/clean.npy"));
  EXPECT_THAT(result.would_write[3], HasSubstr(".npy and 19 more"));
  EXPECT_GT(result.estimated_seconds, 0);
  EXPECT_GT(result.estimated_memory_bytes, 0u);
  EXPECT_GE(result.estimated_disk_bytes, 21u * 4096);
  EXPECT_EQ(result.faults, 20);
}

TEST_F(CampaignResultTest, DryRunTimesBlocksOfTheSizeThatTheEngineWorksBestWith) {
  RunOptions o = options("");
  o.dry_run = true;
  o.threads = 1;
  std::vector<size_t> blocks;
  EngineHooks hooks;
  hooks.block = [&](size_t faults) { blocks.push_back(faults); };
  // An engine whose calls take as long for one fault as for eight.
  hooks.piece = [](size_t, size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(40)); };
  RunTuning tuning = tuning_with(hooks, 0, plain_engine());
  tuning.engine.needs = [](const Plan& plan, PatchRows faults) {
    EngineNeeds needs = plain_engine_needs(plan, faults);
    needs.sizes.front().least_block = 8;
    return needs;
  };
  const RunResult result = run(random_inputs(18), o, tuning);
  ASSERT_GE(blocks.size(), 2u);  // one of them not timed
  for (const size_t faults : blocks) EXPECT_EQ(faults, 8u);
  EXPECT_GE(result.estimated_seconds, 0.04 / 8 * 20 * 11);  // it sleeps no shorter
}

TEST_F(CampaignResultTest, MemoryThatIsTooSmallIsRefusedWithTheLeastThatWouldDo) {
  const RunInputs inputs = random_inputs(16);
  RunOptions o = options();
  o.memory_bytes = 5000;
  EngineHooks hooks;
  hooks.made = [] { ADD_FAILURE() << "an engine was made"; };
  const Error error = error_of([&] { run(inputs, o, tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
  EXPECT_THAT(error.what(),
              HasSubstr("5.0 kB may be used, this network and test set need at least `memory` "));
  EXPECT_FALSE(file_exists(o.path));
}

TEST_F(CampaignResultTest, LittleMemoryMakesSmallBlocksAndTheSameBytes) {
  const RunInputs inputs = random_inputs(17);
  const std::string expected = slow_report(inputs, 11, 512);
  for (const NamedEngine& engine : both_engines()) {
    SCOPED_TRACE(engine.name);
    RunOptions o = options();
    o.scores = ScoreMode::all;
    o.overwrite = true;
    o.memory_bytes = 16 << 20;
    EngineHooks hooks;
    size_t largest = 0;
    hooks.block = [&](size_t faults) { largest = std::max(largest, faults); };
    RunTuning tuning = tuning_with(hooks, 0, engine.engine);
    run(inputs, o, tuning);
    EXPECT_EQ(read_text(o.path), expected);
    o.dry_run = true;
    o.path = path("s.csv");
    uint64_t least = o.memory_bytes, refused = 1000;
    while (least - refused > 256) {  // the least that is accepted
      o.memory_bytes = (least + refused) / 2;
      try {
        run(inputs, o, tuning);
        least = o.memory_bytes;
      } catch (const Error&) {
        refused = o.memory_bytes;
      }
    }
    o.dry_run = false;
    o.memory_bytes = least;
    largest = 0;
    run(inputs, o, tuning);
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_LE(largest, 3u);
  }
}

TEST_F(CampaignResultTest, RunningOutOfMemoryIsAnErrorOfItsOwn) {
  for (const NamedEngine& engine : both_engines()) {
    SCOPED_TRACE(engine.name);
    EngineHooks hooks;
    const auto error = [&] {
      return error_of([&] { run(random_inputs(18), options(), tuning_with(hooks, 0, engine.engine)); });
    };
    hooks.block = [](size_t) { throw std::bad_alloc(); };
    EXPECT_EQ(error().kind(), ErrorKind::out_of_memory);
    hooks.block = [](size_t) {};
    hooks.piece = [](size_t, size_t) { throw std::bad_alloc(); };
    EXPECT_EQ(error().kind(), ErrorKind::out_of_memory);
  }
  EXPECT_EQ(run(random_inputs(18), options()).outcome, RunOutcome::done);
}

TEST_F(CampaignResultTest, AnOutputThatTheModelLacksIsRefused) {
  RunOptions o = options();
  o.output = "dense_7";
  const Error error = error_of([&] { run(random_inputs(19), o); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_STREQ(error.what(), "memory.keras: no output 'dense_7' (`output`); the model has dense");
  o.output = "dense";
  EXPECT_EQ(run(random_inputs(19), o).outcome, RunOutcome::done);
}

struct BadOption {
  std::function<void(RunOptions&)> set;
  const char* message;
};

TEST_F(CampaignResultTest, OptionsThatCannotBeMeantAreUsageErrors) {
  const std::vector<BadOption> cases{
      {[](auto& o) { o.batch_size = 0; }, "`batch_size`: expected a number from 1, found 0"},
      {[](auto& o) { o.limit = 0; }, "`limit`: expected a number from 1, found 0"},
      {[](auto& o) { o.threads = -1; }, "`threads`: "},
      {[](auto& o) { o.tile = -1; }, "`tile`: "},
      {[](auto& o) { o.check = -1; }, "`check`: "},
      {[](auto& o) {
         o.preprocess.mean = {0, 0, 0};
       },
       "`mean` needs `std` as well"},
      {[](auto& o) {
         o.preprocess.std = {1, 1, 1};
       },
       "`std` needs `mean` as well"},
      {[](auto& o) {
         o.preprocess.mean = {0, 0, 0}, o.preprocess.std = {1, 0, 1};
       },
       "`std`: every number must be greater than 0"},
      {[](auto& o) {
         o.preprocess.mean = {0, 0, 0}, o.preprocess.std = {1, INFINITY, 1};
       },
       "`std`: expected three numbers, found inf"},
      {[](auto& o) {
         o.preprocess.mean = {NAN, 0, 0}, o.preprocess.std = {1, 1, 1};
       },
       "`mean`: expected three numbers, found nan"},
      {[](auto& o) { o.path = "x/report"; }, "`report`: expected a file name with a suffix"}};
  const RunInputs inputs = random_inputs(13);
  for (const BadOption& bad : cases) {
    RunOptions o = options();
    bad.set(o);
    const Error error = error_of([&] { run(inputs, o); });
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::StartsWith(bad.message));
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
