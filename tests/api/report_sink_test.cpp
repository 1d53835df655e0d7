// Report sinks that are used more than once, by another campaign, or that give back what is not theirs.
#include <fcntl.h>
#include <gmock/gmock.h>

#include <atomic>
#include <map>
#include <optional>

#include "campaign/campaign_fixture.hpp"
#include "io/posix.hpp"
#include "io/posix_names.hpp"
#include "io/sha256.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

// Stops the run that it watches when the block of this number (from 0) begins.
struct Interruption {
  std::atomic<bool> stop{false};
  int block = -1;  // none
  int begun = 0;
  int engines = 0;

  void before_block(int number) {
    stop = false;
    block = number;
    begun = 0;
  }
  EngineHooks hooks() {
    EngineHooks hooks;
    hooks.made = [this] { ++engines; };
    hooks.block = [this](size_t) { stop = begun++ == block; };
    return hooks;
  }
};

// Hands on what every sink must have, and no more.
struct Forwarding : ReportSink {
  explicit Forwarding(ReportSink& sink) : to(sink) {}
  void begin(const Tally& golden, std::span<const float> scores) override { to.begin(golden, scores); }
  void append(const RowBlock& block, const Spent& spent) override { to.append(block, spent); }
  void finish(const Spent& spent) override { to.finish(spent); }
  ReportSink& to;
};

struct GivenRows : ReportSink {
  [[nodiscard]] std::span<const ReportRow> rows_before() const override { return rows; }
  [[nodiscard]] bool is_finished() const noexcept override { return finished; }
  void begin(const Tally&, std::span<const float>) override { ADD_FAILURE() << "the run began"; }
  void append(const RowBlock&, const Spent&) override {}
  std::vector<ReportRow> rows;
  bool finished = false;
};

class ReportSinkTest : public CampaignTest {
 protected:
  ReportSinkTest()
      : inputs_(random_inputs(77)),
        list_(list_of(ResolvedFaultList(*inputs_.list))),
        session_(make_session(model_of(inputs_.graph, inputs_.model_path, inputs_.model_sha256),
                              inputs_.dataset, session_options(options()),
                              tuning_with(interruption_.hooks(), 3))),
        campaign_(session_, list_) {
    callbacks_.stop = &interruption_.stop;
  }

  void interrupt(const Campaign& campaign, ReportSink& sink, int block) {
    interruption_.before_block(block);
    EXPECT_EQ(error_of([&] { campaign.run(sink, callbacks_); }).kind(), ErrorKind::interrupted);
    interruption_.before_block(-1);
  }
  Error usage_error_of(const std::function<void()>& work) {
    const auto before = files();
    Error error = error_of(work);
    EXPECT_EQ(error.kind(), ErrorKind::usage) << error.what();
    EXPECT_EQ(files(), before) << "a refusal changes nothing";
    return error;
  }
  [[nodiscard]] std::map<std::string, std::string> files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(folder_)) {
      if (entry.is_regular_file()) files[entry.path().string()] = read_text(entry.path().string());
    }
    return files;
  }

  Interruption interruption_;
  CampaignCallbacks callbacks_;
  RunInputs inputs_;
  FaultList list_;
  Session session_;
  Campaign campaign_;
};

TEST_F(ReportSinkTest, ACsvReportGoesOnAfterEveryInterruption) {
  const std::string expected = whole_report(inputs_);
  for (const char* name : {"r.csv", ""}) {
    for (const ScoreMode scores : {ScoreMode::none, ScoreMode::all}) {
      RunOptions o = options(name);
      o.overwrite = true;  // of what was there before the object was made only
      const Campaign campaign(session_, list_, {.check = std::nullopt, .scores = scores});
      CsvReport report(campaign, o);
      interrupt(campaign, report, 0);
      interrupt(campaign, report, 2);
      EXPECT_EQ(report.rows(), 6);
      EXPECT_FALSE(report.is_finished());
      interrupt(campaign, report, 1);
      EXPECT_EQ(report.rows(), 9);
      EXPECT_EQ(report.rows_before().size(), 6U) << "when that run began";
      EXPECT_EQ(campaign.run(report, callbacks_).faults, 20);
      EXPECT_TRUE(report.is_finished());
      EXPECT_EQ(read_text(report.path()), expected);
      const RunMetadata metadata = metadata_of(report.metadata_path());
      EXPECT_TRUE(metadata.finished);
      EXPECT_EQ(metadata.rows, 20);
      EXPECT_EQ(metadata.report_sha256, sha256_of(expected.data(), expected.size()));
    }
  }
}

TEST_F(ReportSinkTest, ARunIntoAFinishedCsvReportGivesItsSummaryAndDoesNothing) {
  CsvReport first(campaign_, options());
  const CampaignSummary expected = campaign_.run(first);
  const auto written = files();
  const int engines = interruption_.engines;
  const auto expect_summary = [&](CsvReport& report) {
    const CampaignSummary summary = campaign_.run(report, callbacks_);
    EXPECT_EQ(summary.golden.top_1_correct, expected.golden.top_1_correct);
    EXPECT_EQ(summary.golden.images, expected.golden.images);
    EXPECT_EQ(summary.faults, 20);
    EXPECT_EQ(summary.seconds, 0);
    ASSERT_EQ(summary.groups.size(), expected.groups.size());
    for (size_t i = 0; i < summary.groups.size(); ++i)
      EXPECT_EQ(summary.groups[i].critical, expected.groups[i].critical);
    EXPECT_EQ(report.rows_before().size(), 20U);
  };
  expect_summary(first);
  expect_summary(first);
  CsvReport again(campaign_, options());
  EXPECT_TRUE(again.is_finished());
  expect_summary(again);
  EXPECT_EQ(interruption_.engines, engines) << "nothing is evaluated";
  EXPECT_EQ(files(), written);
}

TEST_F(ReportSinkTest, ACsvReportIsWrittenByItsRunsOnly) {
  CsvReport report(campaign_, options());
  const auto refused = [&](const std::function<void()>& work) {
    EXPECT_THAT(usage_error_of(work).what(), HasSubstr("r.csv: no run writes to this report now"));
  };
  refused([&] { report.append({}, {}); });
  refused([&] { report.finish({}); });
  Forwarding forwarding(report);
  campaign_.run(forwarding);
  refused([&] { campaign_.run(forwarding); });
  refused([&] { report.begin({}, {}); });
  refused([&] { report.append({}, {}); });
  EXPECT_EQ(read_text(report.path()), whole_report(inputs_));
}

TEST_F(ReportSinkTest, ACsvReportOfADryRunTakesNoRun) {
  RunOptions o = options();
  o.dry_run = true;
  for (int round = 0; round < 2; ++round) {  // of no report, and of a finished one
    CsvReport report(campaign_, o);
    EXPECT_THAT(usage_error_of([&] { campaign_.run(report); }).what(),
                HasSubstr("r.csv: was opened with `dry_run`"));
    if (round == 0) run(inputs_, options());
  }
}

TEST_F(ReportSinkTest, ACsvReportRefusesAnotherCampaign) {
  CsvReport report(campaign_, options());
  const Campaign part(session_, list_.from(list_[5].id));
  const auto refused = [&] {
    EXPECT_THAT(usage_error_of([&] { part.run(report); }).what(),
                HasSubstr("r.csv: is the report of another campaign"));
  };
  refused();
  interrupt(campaign_, report, 2);
  refused();
  const Campaign moved(std::move(campaign_));
  moved.run(report);
  refused();
  EXPECT_EQ(read_text(report.path()), whole_report(inputs_));
}

TEST_F(ReportSinkTest, ACsvReportNeedsAList) {
  const Campaign golden_only(session_, std::nullopt);
  EXPECT_THAT(usage_error_of([&] { const CsvReport report(golden_only, options()); }).what(),
              HasSubstr("a report has the rows of a `fault_list`"));
}

TEST_F(ReportSinkTest, ACsvReportThatIsFarTooLongIsNotRead) {
  { campaign_.run(*std::make_unique<CsvReport>(campaign_, options())); }
  const std::string written = read_text(path("r.csv"));
  write_atomic(path("r.csv"), written + std::string(size_t{2} << 20, 'x'));
  const Error error = error_of([&] { const CsvReport report(campaign_, options()); });
  EXPECT_EQ(error.kind(), ErrorKind::resume);
  EXPECT_THAT(error.what(), HasSubstr("bytes, a report of this list has at most"));
  write_atomic(path("r.csv"), written);
  EXPECT_TRUE(CsvReport(campaign_, options()).is_finished());
}

// Another process chooses its report in the folder, and does not come to an end of it.
TEST_F(ReportSinkTest, WaitingForAnotherRunEndsByTheStop) {
  const posix::UniqueFd folder = posix::open_file(folder_, O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(posix::try_lock(folder.get()), 0);
  const std::atomic<bool> stop{true};
  RunOptions o = options();
  o.stop = &stop;
  EXPECT_EQ(error_of([&] { const CsvReport report(campaign_, o); }).kind(), ErrorKind::interrupted);
}

TEST_F(ReportSinkTest, AReportInMemoryHasTheRowsOfTheLastRun) {
  const Campaign campaign(session_, list_, {.check = std::nullopt, .scores = ScoreMode::all});
  MemoryReport report;
  interrupt(campaign, report, 2);
  EXPECT_EQ(report.rows().size(), 6U) << "what a stopped run gave stays";
  for (int round = 0; round < 2; ++round) {
    campaign.run(report);
    ASSERT_EQ(report.rows().size(), 20U);
    EXPECT_EQ(report.fault_scores().size(), 20U);
    EXPECT_EQ(report.rows().back().fault, list_[19]);
  }
  const FaultList part = list_.from(list_[15].id);
  Campaign(session_, part).run(report);
  ASSERT_EQ(report.rows().size(), 5U);
  EXPECT_EQ(report.rows().front().fault, list_[15]);
  EXPECT_TRUE(report.fault_scores().empty());
}

TEST_F(ReportSinkTest, RowsThatAreNotTheListsAreRefused) {
  MemoryReport all;
  campaign_.run(all);
  const auto refused = [&](const std::vector<ReportRow>& rows, bool finished, const char* what) {
    GivenRows sink;
    sink.rows = rows;
    sink.finished = finished;
    EXPECT_THAT(usage_error_of([&] { campaign_.run(sink); }).what(), HasSubstr(what));
  };
  std::vector<ReportRow> rows = all.rows();
  rows.push_back(rows.front());
  refused(rows, false, "21 faults in the report, 20 in the list");
  rows = all.rows();
  std::swap(rows[3], rows[4]);
  refused(rows, false, "row 4 is not the list's");
  refused({ReportRow()}, false, "row 1 is not the list's; expected");
  refused({ReportRow()}, true, "found fault 0 without a part");
  refused({all.rows().front()}, true, "it is finished with 1 of 20 faults");
  EXPECT_THAT(usage_error_of([] { static_cast<void>(summarize(std::vector<ReportRow>(1))); }).what(),
              HasSubstr("fault 0: has no part"));
}

TEST_F(ReportSinkTest, GoldenScoresAreOneRowPerImage) {
  const Campaign golden_only(session_, std::nullopt, {.scores = ScoreMode::all});
  const GoldenScoreFolder folder(golden_only, options());
  const std::vector<float> scores(static_cast<size_t>(session_.images() * session_.scores_per_image()));
  folder.write(scores);
  EXPECT_TRUE(file_exists(folder.would_write().front()));
  EXPECT_THAT(usage_error_of([&] { folder.write(std::span(scores).subspan(1)); }).what(),
              HasSubstr(std::to_string(scores.size()) + " scores, one row per image, found"));
}

TEST_F(ReportSinkTest, AnEstimateBeyondTheListIsRefused) {
  EXPECT_GE(campaign_.estimate(20).seconds, 0);
  EXPECT_THAT(usage_error_of([&] { static_cast<void>(campaign_.estimate(21)); }).what(),
              HasSubstr("`first`: expected a row of the list, from 0 to 20, found 21"));
  const Campaign golden_only(session_, std::nullopt);
  EXPECT_GE(golden_only.estimate(0).seconds, 0);
  usage_error_of([&] { static_cast<void>(golden_only.estimate(1)); });
}

}  // namespace
}  // namespace tf_injector::detail::test
