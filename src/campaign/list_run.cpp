#include "campaign/list_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <utility>

#include "campaign/campaign_state.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Scores that look like probabilities, of a network of which it is not known that they are.
bool are_likely_probabilities(const Setup& setup, const GoldenRun& golden) {
  return setup.decision().threshold() == 0.0f &&
         std::all_of(golden.scores.begin(), golden.scores.end(), [](float s) { return s >= 0 && s <= 1; });
}

}  // namespace

void report_golden(const CampaignCallbacks& callbacks, const Setup& setup, const GoldenRun& golden) {
  if (callbacks.golden) callbacks.golden(golden.total);
  if (!callbacks.warning || !are_likely_probabilities(setup, golden)) return;
  callbacks.warning(
      "all scores without a fault lie in [0, 1], but class 1 begins above 0, as for a logit: if they are "
      "probabilities, make a ReLU(max_value=1) the model's last layer, and the threshold is 0.5");
}

void tell_keep_warning(const CampaignCallbacks& callbacks, ReportSink& sink) {
  const std::string warning = sink.keep_warning();
  if (!warning.empty() && callbacks.warning) callbacks.warning(warning);
}

CheckTotals checked_by(const SelfCheck& check, const ConstantsCheck& constants) noexcept {
  CheckTotals all = check.totals();
  const ConstantTotals& unchanged = constants.totals();
  return all += {.seconds = unchanged.seconds,
                 .constants = unchanged.blocks,
                 .golden_again = unchanged.golden_again};
}

ListRun::ListRun(const Setup& setup, const CampaignCallbacks& callbacks, ReportSink& sink,
                 std::span<const ReportRow> before, Engine& engine, GoldenRun& golden,
                 std::unique_ptr<SelfCheck> check, std::optional<PartialBlock> work)
    : setup_(setup),
      callbacks_(callbacks),
      sink_(sink),
      golden_(golden),
      seconds_before_(golden.spent),
      faults_done_(before.size()),
      check_(std::move(check)),
      constants_(setup, engine),
      work_(std::move(work)),
      summary_(setup.session->model.storage(), before),
      progress_(callbacks.progress, progress_before(), setup.images()),
      runner_(
          setup, engine, golden, [this](ListIndex fault) { return keeps_scores() || check_->takes(fault); },
          callbacks.stop, [this](int64_t pairs) { progress_.advance(pairs); }, keeper(), check_.get()) {}

WorkKeeper ListRun::keeper() {
  WorkKeeper keeper{.seconds = setup_.tuning().keep_seconds};
  if (!sink_.keeps_work()) return keeper;
  keeper.keep = [this](std::string_view work) {
    if (faults_in_work_ > 0) constants_.require_unchanged(golden_, next_fault(), faults_in_work_);
    sink_.keep_work(work);
    tell_keep_warning(callbacks_, sink_);
  };
  if (sink_.keeps_scores()) keeper.keep_scores = [this](std::string_view more) { sink_.keep_scores(more); };
  return keeper;
}

Progress ListRun::progress_before() const {
  const auto rows = static_cast<int64_t>(faults_done_);
  return {.faults_total = static_cast<int64_t>(setup_.faults.size()),
          .faults_before = rows + (work_ ? work_->done.pairs() / setup_.images() : 0),
          .rows_written = rows,
          .critical = summary_.critical(),
          .images_evaluated = rows * setup_.images()};
}

void ListRun::run_blocks(const BlocksOptions& options) {
  begin_report();
  BlockSize size = setup_.block_size(golden_.seconds);
  if (options.seconds_per_fault) size.measured(1, *options.seconds_per_fault);
  if (work_ && !work_->has_golden(setup_, golden_)) give_up_work("its golden run gave other scores");
  for (size_t left = faults_left(); left > 0; left = faults_left()) {
    if (seconds_per_fault_ && progress_.seconds() >= options.seconds) break;  // at least one block
    const double begin = progress_.seconds();
    size_t count = work_ ? work_->count() : size.next(left);
    const double checked = this->checked().seconds;
    KeptRows* kept = begin_check(count);
    const auto done = static_cast<size_t>(work_ ? work_->done.pairs() / setup_.images() : 0);
    write(run_block(count, kept));
    count = std::max<size_t>(count - done, 1);
    const double seconds = progress_.seconds() - begin - (this->checked().seconds - checked);
    size.measured(count, seconds);
    seconds_per_fault_ = seconds / static_cast<double>(count);
  }
  progress_.finish();
}

BlockResult ListRun::run_block(size_t count, KeptRows* kept) {
  faults_in_work_ = count;
  try {
    return runner_.run(next_fault(), count, kept, std::exchange(work_, std::nullopt));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::self_check) throw;
    constants_.require_unchanged(golden_, next_fault(), count);
    throw;
  }
}

void ListRun::run_joined() {
  KeptRows* kept = begin_check(faults_left());
  BlockResult block =
      runner_.run_with_golden(next_fault(), faults_left(), kept, std::exchange(work_, std::nullopt));
  begin_report();
  write(std::move(block));
  progress_.finish();
}

void ListRun::begin_report() {
  report_golden(callbacks_, setup_, golden_);
  constants_.begin(golden_);
  check_->check_golden(golden_, seconds());
  sink_.begin(golden_.total, golden_.scores);
}

KeptRows* ListRun::begin_check(size_t count) {
  KeptRows* kept = check_->begin_block(next_fault(), count);
  if (!work_) return kept;
  if (!work_->has_check(setup_) || !work_->restore(kept)) {
    give_up_work("it was done without this self-check");
  } else if (!has_scores_of_work()) {
    give_up_work("its scores are not there");
  } else {
    return kept;
  }
  return check_->begin_block(next_fault(), count);
}

bool ListRun::has_scores_of_work() {
  return !keeps_scores() ||
         work_->read_scores(setup_, golden_, [this](std::span<char> to) { return sink_.kept_scores(to); });
}

void ListRun::give_up_work(const char* why) {
  work_.reset();
  sink_.keep_work({});
  if (callbacks_.message) {
    callbacks_.message(
        fmt::format("what an earlier run has done of the next block is computed again: {}", why));
  }
}

std::vector<FaultDetails> ListRun::details_of(ListIndex first, const BlockResult& block) const {
  std::vector<FaultDetails> details;
  if (!block.details) return details;
  details.reserve(block.tallies.size());
  for (size_t i = 0; i < block.tallies.size(); ++i) {
    details.push_back(block.details->details(i, block.tallies[i]));
    set_weight_values(details.back(), setup_.patches[first.value + i], setup_.session->model.data()->graph);
  }
  return details;
}

// A fault of one image counts that image alone. The others, which were counted as they are without a fault,
// are taken away.
void ListRun::keep_own_images(ListIndex first, BlockResult& block) {
  const PatchRows patches = setup_.patches;
  if (!patches.has_images()) return;
  Tally all;
  for (const Tally& tally : golden_.tally_if_unchanged) all += tally;
  std::vector<size_t> counted;  // images whose details count something without a fault
  for (size_t image = 0; block.details && image < golden_.details.size(); ++image) {
    const RowDetails& row = golden_.details[image].if_unchanged;
    if (row.counts != DetailCounts() || row.went_to >= 0) counted.push_back(image);
  }
  for (size_t i = 0; i < block.tallies.size(); ++i) {
    const int64_t own = patches.image(first.value + i);
    if (own == kAllImages) continue;
    block.tallies[i] -= all;
    block.tallies[i] += golden_.tally_if_unchanged[static_cast<size_t>(own)];
    for (const size_t image : counted)
      if (static_cast<int64_t>(image) != own) block.details->remove_unchanged(i, golden_.details[image]);
  }
}

void ListRun::write(BlockResult block) {
  const ListIndex first = next_fault();
  const size_t count = block.tallies.size();
  const std::vector<Fault> faults = setup_.faults.subspan(first.value, count).faults();
  constants_.check(golden_, first, count);
  check_->check_block(first, block, golden_, seconds());
  keep_own_images(first, block);
  RowBlock rows{.faults = faults,
                .tallies = block.tallies,
                .scores = {},
                .details = {},
                .confusion = {},
                .threads = setup_.layout.threads,
                .stop = callbacks_.stop};
  if (keeps_scores()) rows.scores = block.scores;
  const std::vector<FaultDetails> details = details_of(first, block);
  if (block.details) {
    rows.details = details;
    rows.confusion = block.details->confusion();
  }
  sink_.append(rows, spent());
  faults_done_ += count;
  const int64_t critical_before = summary_.critical();
  for (size_t i = 0; i < count; ++i) summary_.add(faults[i], block.tallies[i]);
  progress_.rows_written(static_cast<int64_t>(count), summary_.critical() - critical_before);
}

}  // namespace tf_injector::detail
