// The faults of a list that its report does not have yet, block by block.
#pragma once

#include <limits>
#include <memory>
#include <optional>

#include "campaign/progress_reporter.hpp"
#include "report/group_summary.hpp"
#include "session/block_run.hpp"
#include "session/check/constants_check.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail {

// Tells the callbacks what the golden run gave, and warns where its scores look wrong.
void report_golden(const CampaignCallbacks& callbacks, const Setup& setup, const GoldenRun& golden);

// Warns where the sink cannot keep what it is given, which ends no run.
void tell_keep_warning(const CampaignCallbacks& callbacks, ReportSink& sink);

// Of both checks.
[[nodiscard]] CheckTotals checked_by(const SelfCheck& check, const ConstantsCheck& constants) noexcept;

// Where a run of blocks ends, and what is known when it begins.
struct BlocksOptions {
  double seconds = std::numeric_limits<double>::infinity();  // it ends behind the block in which they passed
  std::optional<double> seconds_per_fault = {};              // of a run before; none: guessed
};

// A block is checked before its rows are given to the sink.
class ListRun {
 public:
  // All must outlive it but `before`, the rows that the sink has. `golden`: done; or, for run_joined, empty.
  // `work`: what an earlier run has done of the block that comes next, if it is known; for run_joined it must
  // be joined. `check`: has seen the golden run, where it is done. The clock starts now.
  ListRun(const Setup& setup, const CampaignCallbacks& callbacks, ReportSink& sink,
          std::span<const ReportRow> before, Engine& engine, GoldenRun& golden,
          std::unique_ptr<SelfCheck> check, std::optional<PartialBlock> work = {});

  void run_blocks(const BlocksOptions& options = {});
  // All in one block, with the run without a fault in it.
  void run_joined();

  [[nodiscard]] double seconds() const { return seconds_before_ + progress_.seconds(); }
  [[nodiscard]] CheckTotals checked() const noexcept { return checked_by(*check_, constants_); }
  [[nodiscard]] const ConstantTotals& unchanged() const noexcept { return constants_.totals(); }
  // Of the block that was run last; none: there was none.
  [[nodiscard]] std::optional<double> seconds_per_fault() const noexcept { return seconds_per_fault_; }
  [[nodiscard]] Spent spent() const { return {seconds(), checked()}; }
  [[nodiscard]] const GroupSummary& summary() const noexcept { return summary_; }

 private:
  [[nodiscard]] bool keeps_scores() const { return setup_.needs.scores != ScoreMode::none; }
  [[nodiscard]] ListIndex next_fault() const { return ListIndex(faults_done_); }
  [[nodiscard]] size_t faults_left() const { return setup_.faults.size() - faults_done_; }
  [[nodiscard]] Progress progress_before() const;
  void begin_report();  // when golden is there
  // Where the block finds other golden scores than those of the run, what changed is said, if it is known.
  [[nodiscard]] BlockResult run_block(size_t count, KeptRows* kept);
  [[nodiscard]] WorkKeeper keeper();
  // Begins the self-check of the next block, with the rows that the earlier run's work has; where that has
  // not those that are wanted, it is given up.
  [[nodiscard]] KeptRows* begin_check(size_t count);
  [[nodiscard]] bool has_scores_of_work();
  void give_up_work(const char* why);
  void write(BlockResult block);
  void keep_own_images(ListIndex first, BlockResult& block);
  // Empty where they are not counted.
  [[nodiscard]] std::vector<FaultDetails> details_of(ListIndex first, const BlockResult& block) const;

  const Setup& setup_;
  const CampaignCallbacks& callbacks_;
  ReportSink& sink_;
  const GoldenRun& golden_;
  double seconds_before_;  // of the golden run, where it was not joined
  size_t faults_done_;     // that the sink has
  std::unique_ptr<SelfCheck> check_;
  ConstantsCheck constants_;
  std::optional<PartialBlock> work_;
  std::optional<double> seconds_per_fault_;
  size_t faults_in_work_ = 0;  // of a block that began with golden scores
  GroupSummary summary_;
  ProgressReporter progress_;
  BlockRunner runner_;
};

}  // namespace tf_injector::detail
