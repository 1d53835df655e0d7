#include "campaign/campaign_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include "campaign/block_run.hpp"
#include "campaign/dry_run.hpp"
#include "campaign/golden_run.hpp"
#include "campaign/group_summary.hpp"
#include "campaign/progress_reporter.hpp"
#include "campaign/report_check.hpp"
#include "campaign/report_choice.hpp"
#include "campaign/report_journal.hpp"
#include "campaign/score_files.hpp"
#include "campaign/self_check.hpp"
#include "campaign/stop.hpp"
#include "core/parallel.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

GoldenSummary summary_of(const Tally& golden) {
  return {
      .images = golden.images, .top_1_correct = golden.top_1_correct, .top_5_correct = golden.top_5_correct};
}

CampaignResult result_of(CampaignOutcome outcome, const Tally& golden) {
  CampaignResult result;
  result.outcome = outcome;
  result.golden = summary_of(golden);
  return result;
}

class CampaignRun {
 public:
  CampaignRun(const Setup& setup, const CampaignOptions& options, const CampaignCallbacks& callbacks,
              const RunTuning& tuning)
      : setup_(setup), options_(options), callbacks_(callbacks), tuning_(tuning) {}

  CampaignResult run() {
    say_layout();
    return setup_.golden_only ? run_golden_only() : run_list();
  }

 private:
  void say(const std::string& text) const {
    if (callbacks_.message) callbacks_.message(text);
  }
  void say_layout() const {
    const RunMetadata& m = setup_.metadata;
    say(fmt::format("{} threads ({}), {} images at a time, kernels {}", m.threads, m.threads_source, m.tile,
                    m.kernels));
  }

  std::unique_ptr<Engine> make_engine() const {
    return tuning_.engine.make(setup_.plan, setup_.layout.engine());
  }
  ScoreFiles score_files(const std::string& folder) const {
    return {folder, options_.scores, setup_.images(), setup_.plan.classes()};
  }

  void name_files(CampaignResult& result, const ReportPaths& paths) const {
    result.report_path = paths.report;
    result.metadata_path = paths.metadata;
    if (options_.scores != ScoreMode::none) result.score_folder = paths.scores;
  }

  GoldenRun golden_run(Engine& engine) const {
    GoldenRun golden = run_golden(setup_, engine, callbacks_.stop);
    if (callbacks_.golden) callbacks_.golden(summary_of(golden.total));
    return golden;
  }

  CampaignResult run_golden_only() const {
    std::optional<ScoreFiles> scores;
    if (options_.scores != ScoreMode::none) {
      scores = score_files(new_score_folder(setup_, options_));
      scores->require_space(0);
      scores->prepare();
    }
    const std::unique_ptr<Engine> engine = make_engine();
    const GoldenRun golden = golden_run(*engine);
    if (scores) scores->write_golden(golden.scores);
    CampaignResult result = result_of(CampaignOutcome::golden_only, golden.total);
    if (scores) result.score_folder = scores->folder();
    result.seconds = golden.seconds;
    return result;
  }

  CampaignResult run_list() {
    ChosenReport chosen = choose_report(
        setup_, options_, callbacks_.message ? callbacks_.message : [](auto&) {});
    if (chosen.state == ReportState::finished) return already_finished(chosen);
    const size_t rows_before = chosen.content.rows.size();
    say(chosen.state == ReportState::fresh
            ? fmt::format("the report is {}", chosen.paths.report)
            : fmt::format("going on with {}: {} of {} faults are in it", chosen.paths.report, rows_before,
                          setup_.faults.size()));
    const ScoreFiles scores = score_files(chosen.paths.scores);
    scores.require_space(setup_.faults.size() - rows_before);
    scores.prepare();
    const Report before = chosen.content;
    ReportJournal journal(std::move(chosen), setup_.metadata);
    try {
      return run_faults(before, journal, scores);
    } catch (const Stopped&) {
      throw Error(ErrorKind::interrupted,
                  fmt::format("interrupted: {} of {} faults are in {}; the same command{} goes on",
                              journal.rows(), setup_.faults.size(), journal.paths().report,
                              options_.overwrite ? " without --overwrite" : ""));
    }
  }

  CampaignResult already_finished(const ChosenReport& chosen) const {
    say(fmt::format("{} is finished already", chosen.paths.report));
    GroupSummary summary;
    summary.add(chosen.content.rows);
    CampaignResult result = result_of(CampaignOutcome::already_finished, chosen.content.golden);
    name_files(result, chosen.paths);
    result.groups = summary.groups();
    result.faults = static_cast<int64_t>(chosen.content.rows.size());
    return result;
  }

  CampaignResult run_faults(const Report& before, ReportJournal& journal, const ScoreFiles& scores) {
    const std::unique_ptr<Engine> engine = make_engine();
    const GoldenRun golden = golden_run(*engine);
    check_golden(before, journal.paths().report, golden.total);
    SelfCheck check(setup_, options_.check, callbacks_.stop);
    check.check_golden(golden);
    scores.write_golden(golden.scores);
    journal.begin(golden.total);
    GroupSummary summary;
    summary.add(before.rows);
    ProgressReporter progress(callbacks_.progress, progress_before(before, summary), setup_.images());
    run_blocks(*engine, golden, check, journal, scores, summary, progress);
    progress.finish();
    if (options_.check > 0)
      say(fmt::format("self-check: {} faults are equal in every bit", check.faults_checked()));
    journal.finish(golden.seconds + progress.seconds());
    CampaignResult result = result_of(CampaignOutcome::done, golden.total);
    name_files(result, journal.paths());
    result.groups = summary.groups();
    result.faults = journal.rows();
    result.seconds = golden.seconds + progress.seconds();
    return result;
  }

  Progress progress_before(const Report& before, const GroupSummary& summary) const {
    const auto rows = static_cast<int64_t>(before.rows.size());
    return {.faults_total = static_cast<int64_t>(setup_.faults.size()),
            .faults_before = rows,
            .rows_written = rows,
            .critical = summary.critical(),
            .images_evaluated = rows * setup_.images()};
  }

  // The rest of the list, block by block; a block is checked before it is written, and its scores are on the
  // disk before its rows.
  void run_blocks(Engine& engine, const GoldenRun& golden, SelfCheck& check, ReportJournal& journal,
                  const ScoreFiles& scores, GroupSummary& summary, ProgressReporter& progress) const {
    const bool keep_all = scores.mode() != ScoreMode::none;
    const auto keep = [&](size_t place) { return keep_all || check.takes(place); };
    BlockRunner runner(setup_, engine, golden, keep, callbacks_.stop,
                       [&](int64_t pairs) { progress.advance(pairs); });
    BlockSize size = setup_.block_size(golden.seconds);
    for (auto done = static_cast<size_t>(journal.rows()); done < setup_.faults.size();) {
      const double begin = progress.seconds();
      const size_t count = size.next(setup_.faults.size() - done);
      const std::span<const Fault> faults = std::span(setup_.faults).subspan(done, count);
      const BlockResult block = runner.run(done, count);
      check.check_block(done, block);
      save_scores(scores, faults, block, golden);
      journal.append(faults, block.tallies, golden.seconds + progress.seconds());
      const int64_t critical_before = summary.critical();
      for (size_t i = 0; i < count; ++i) summary.add(faults[i].bit, block.tallies[i]);
      progress.rows_written(static_cast<int64_t>(count), summary.critical() - critical_before);
      size.measured(count, progress.seconds() - begin);
      done += count;
    }
  }

  void save_scores(const ScoreFiles& scores, std::span<const Fault> faults, const BlockResult& block,
                   const GoldenRun& golden) const {
    if (scores.mode() == ScoreMode::none) return;
    parallel_for(faults.size(), setup_.layout.threads, [&](size_t fault, int) {
      check_stop(callbacks_.stop);
      scores.write_fault(faults[fault].injection, block.scores[fault], golden.scores);
    });
  }

  const Setup& setup_;
  const CampaignOptions& options_;
  const CampaignCallbacks& callbacks_;
  const RunTuning& tuning_;
};

}  // namespace

CampaignResult run_on(CampaignInputs inputs, const CampaignOptions& options,
                      const CampaignCallbacks& callbacks, const RunTuning& tuning) {
  try {
    const Setup setup = set_up(std::move(inputs), options, tuning);
    check_stop(callbacks.stop);
    if (options.dry_run) return dry_run(setup, options, callbacks, tuning);
    return CampaignRun(setup, options, callbacks, tuning).run();
  } catch (const Stopped&) {
    throw Error(ErrorKind::interrupted, "interrupted: nothing was written");
  } catch (const std::bad_alloc&) {
    throw Error(
        ErrorKind::out_of_memory,
        "out of memory; use fewer --threads, a smaller --tile or --memory; what is in the report stays");
  }
}

}  // namespace tf_injector
