#include "tf_injector/campaign.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "campaign/campaign_state.hpp"
#include "campaign/list_run.hpp"
#include "engine/engine.hpp"
#include "report/report_check.hpp"
#include "session/check/constants_check.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/guarded.hpp"
#include "session/partial_block.hpp"
#include "session/partial_golden.hpp"
#include "session/run_estimate.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

// As the library says it; rows that a sink has stay.
template <typename Work>
auto guarded_run(const Work& work) {
  GuardTexts texts;
  texts.out_of_memory += "; what is in the report stays";
  return guarded(work, texts);
}

void say(const CampaignCallbacks& callbacks, const std::string& text) {
  if (callbacks.message) callbacks.message(text);
}

void say_unchanged(const CampaignCallbacks& callbacks, const ConstantTotals& unchanged) {
  if (unchanged.blocks == 0) return;
  say(callbacks,
      fmt::format("self-check: weights, images, faults and golden scores are what they were at the "
                  "start (compared {} times, {:.2g} s)",
                  unchanged.blocks, unchanged.seconds));
}

void say_checked(const CampaignCallbacks& callbacks, const Setup& setup, const CheckTotals& checked,
                 const ConstantTotals& unchanged) {
  say_unchanged(callbacks, unchanged);
  if (checked.golden_images == 0 && checked.pairs == 0) {
    return say(callbacks, setup.needs.check
                              ? "self-check: off"
                              : "self-check: none; `kernels` scalar is itself what it would compare with");
  }
  std::string what = fmt::format("{} images without a fault", checked.golden_images);
  if (checked.pairs > 0) {
    what = fmt::format("{} pairs of a fault and an image ({} faults) and {}", checked.pairs, checked.faults,
                       what);
  }
  say(callbacks, fmt::format("self-check: {}: equal in every bit ({:.2g} s)", what,
                             checked.seconds - unchanged.seconds));
}

CampaignSummary summary_of(const Setup& setup, const ReportSink& finished, std::span<const ReportRow> rows) {
  CampaignSummary summary;
  summary.golden = finished.golden_before().value_or(Tally{});
  summary.faults = static_cast<int64_t>(rows.size());
  summary.groups = summarize(rows, setup.session->model.storage());
  return summary;
}

// What an earlier run has done of the block that comes next.
std::optional<PartialBlock> work_before(const Setup& setup, ReportSink& sink, size_t rows,
                                        const CampaignCallbacks& callbacks) {
  std::string bytes = sink.keeps_work() ? sink.kept_work() : "";
  const size_t left = setup.faults.size() - rows;
  if (bytes.empty() || left == 0) return std::nullopt;
  std::optional<PartialBlock> work = PartialBlock::read(std::move(bytes), setup, ListIndex(rows));
  if (work) {
    const double pairs = static_cast<double>(work->count()) * static_cast<double>(setup.images());
    say(callbacks, fmt::format("{:.0f} % of the next {} faults are done already",
                               100 * static_cast<double>(work->done.pairs()) / pairs, work->count()));
  } else {
    sink.keep_work({});
    say(callbacks,
        "what an earlier run has done of the next block does not fit this one: it is computed again");
  }
  return work;
}

// Is the golden run joined with the faults, where there is work that an earlier run has done?
bool goes_on_joined(const Setup& setup, const PartialBlock& work, size_t left) {
  return work.is_joined() && work.count() == left && joins_golden(setup, 0.0, left);
}

// What an earlier run has done of the golden run.
std::optional<PartialGolden> kept_golden_run(const Setup& setup, ReportSink& sink,
                                             const CampaignCallbacks& callbacks) {
  std::string bytes = sink.keeps_work() && can_keep_golden(setup) ? sink.kept_golden() : "";
  if (bytes.empty()) return std::nullopt;
  std::optional<PartialGolden> golden = PartialGolden::read(std::move(bytes), setup);
  if (golden) {
    say(callbacks, fmt::format("{:.0f} % of the run without a fault is done already", 100 * golden->share()));
  } else {
    say(callbacks,
        "what an earlier run has done of the run without a fault does not fit this one: it is done again");
  }
  return golden;
}

// Either before the faults, or empty: then it is joined with them.
GoldenRun golden_of(const Setup& setup, ReportSink& sink, Engine& engine, const CampaignCallbacks& callbacks,
                    std::optional<PartialBlock>& work, SelfCheck& check) {
  const size_t left = setup.faults.size() - sink.rows_before().size();
  std::optional<PartialGolden> before = kept_golden_run(setup, sink, callbacks);
  const bool is_joined = work ? goes_on_joined(setup, *work, left)
                              : !before && joins_golden(setup, engine, left, callbacks.stop);
  GoldenRun golden(setup);
  if (is_joined) {
    if (work) work->restore(setup, golden);
    return golden;
  }
  if (!before && work && work->is_joined() && work->has_check(setup)) before = work->take_golden(setup);
  GoldenWork beside{.stop = callbacks.stop,
                    .check = &check,
                    .before = before ? &*before : nullptr,
                    .keep = {},
                    .seconds = setup.tuning().keep_seconds};
  if (sink.keeps_work() && can_keep_golden(setup)) {
    beside.keep = [&](std::string_view bytes) {
      sink.keep_golden(bytes);
      tell_keep_warning(callbacks, sink);
    };
  }
  return run_golden(setup, engine, beside);
}

CampaignSummary run_faults(const Setup& setup, ReportSink& sink, const CampaignCallbacks& callbacks) {
  const std::span<const ReportRow> before = checked_rows(setup, sink);
  if (sink.is_finished()) return summary_of(setup, sink, before);
  tell_keep_warning(callbacks, sink);
  const std::unique_ptr<Engine> engine = setup.make_engine();
  std::optional<PartialBlock> work = work_before(setup, sink, before.size(), callbacks);
  std::unique_ptr<SelfCheck> check = make_self_check(setup, setup.needs.check, callbacks.stop);
  GoldenRun golden = golden_of(setup, sink, *engine, callbacks, work, *check);
  ListRun list(setup, callbacks, sink, before, *engine, golden, std::move(check), std::move(work));
  if (golden.is_done) {
    list.run_blocks();
  } else {
    list.run_joined();
  }
  say_checked(callbacks, setup, list.checked(), list.unchanged());
  sink.finish(list.spent());
  return {.golden = golden.total,
          .faults = static_cast<int64_t>(setup.faults.size()),
          .seconds = list.seconds(),
          .check = list.checked(),
          .groups = list.summary().groups()};
}

// What was kept by a run that fails its check may hold the same mistake: no later run takes it up.
CampaignSummary run_list(const Setup& setup, ReportSink& sink, const CampaignCallbacks& callbacks) {
  try {
    return run_faults(setup, sink, callbacks);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::self_check && sink.keeps_work()) {
      sink.keep_work({});
      sink.keep_golden({});
    }
    throw;
  }
}

}  // namespace

std::span<const ReportRow> detail::checked_rows(const Setup& setup, const ReportSink& sink) {
  const std::span<const ReportRow> rows = sink.rows_before();
  const auto refuse = [](const std::string& what) {
    throw Error(ErrorKind::usage, fmt::format("the report does not fit the `fault_list`: {}", what));
  };
  if (const std::string foreign = foreign_row(rows, setup.faults); !foreign.empty()) refuse(foreign);
  if (sink.is_finished() && rows.size() < setup.faults.size())
    refuse(fmt::format("it is finished with {} of {} faults", rows.size(), setup.faults.size()));
  return rows;
}

Campaign::Campaign(Session& session, std::optional<FaultList> faults, const CampaignOptions& options)
    : state_(std::make_unique<State>(&session, options)) {
  if (options.check && *options.check < 0)
    throw Error(ErrorKind::usage, fmt::format("`check`: expected a number from 0, found {}", *options.check));
  state_->setup = guarded_run([&] {
    return set_up(session.state(), std::move(faults),
                  {.scores = options.scores, .check = options.check, .details = options.details});
  });
}
Campaign::~Campaign() = default;
Campaign::Campaign(Campaign&&) noexcept = default;

const Session& Campaign::session() const noexcept { return *state_->session; }
const std::optional<FaultList>& Campaign::faults() const noexcept { return state_->setup.list; }
const CampaignOptions& Campaign::options() const noexcept { return state_->options; }
int Campaign::threads() const noexcept { return state_->setup.layout.threads; }
const std::string& Campaign::threads_source() const noexcept { return state_->setup.threads_source; }
int Campaign::tile() const noexcept { return state_->setup.layout.tile; }
uint64_t Campaign::memory_bytes() const noexcept { return state_->setup.layout.bytes; }

CampaignSummary Campaign::run(ReportSink& sink, const CampaignCallbacks& callbacks) const {
  if (!faults()) throw Error(ErrorKind::usage, "a `fault_list` is required");
  return guarded_run([&] {
    sink.open(*this);
    return run_list(state_->setup, sink, callbacks);
  });
}

CampaignSummary Campaign::run_golden(const CampaignCallbacks& callbacks,
                                     const std::function<void(std::span<const float>)>& scores) const {
  return guarded_run([&] {
    const Setup& setup = state_->setup;
    const std::unique_ptr<Engine> engine = setup.make_engine();
    const std::unique_ptr<SelfCheck> check = make_self_check(setup, setup.needs.check, callbacks.stop);
    const GoldenRun golden =
        tf_injector::detail::run_golden(setup, *engine, {.stop = callbacks.stop, .check = check.get()});
    report_golden(callbacks, setup, golden);
    ConstantsCheck constants(setup, *engine);
    constants.begin(golden);
    check->check_golden(golden, golden.seconds);
    constants.check(golden, ListIndex(0), 0);
    if (scores) scores(golden.scores);
    const CheckTotals checked = checked_by(*check, constants);
    say_checked(callbacks, setup, checked, constants.totals());
    CampaignSummary summary;
    summary.golden = golden.total;
    summary.seconds = golden.seconds;
    summary.check = checked;
    return summary;
  });
}

CampaignEstimate Campaign::estimate(size_t first, const std::atomic<bool>* stop) const {
  return guarded_run([&]() -> CampaignEstimate {
    const Setup& setup = state_->setup;
    if (first > setup.faults.size()) {
      throw Error(ErrorKind::usage, fmt::format("`first`: expected a row of the list, from 0 to {}, found {}",
                                                setup.faults.size(), first));
    }
    EngineLayout one_thread = setup.layout.engine();
    one_thread.threads = 1;
    const std::unique_ptr<Engine> engine = setup.tuning().engine.make(setup.plan(), one_thread);
    return {.seconds = estimate_seconds(setup, *engine, first, setup.needs.check.value_or(0), stop)};
  });
}

}  // namespace tf_injector
