#include <algorithm>
#include <memory>
#include <optional>
#include <span>
#include <utility>

#include "campaign/campaign_state.hpp"
#include "campaign/list_run.hpp"
#include "campaign/slice_bytes.hpp"
#include "core/wall_clock.hpp"
#include "engine/engine.hpp"
#include "io/sha256.hpp"
#include "session/check/constants_check.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/guarded.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/slice.hpp"

namespace tf_injector {

using namespace detail;

namespace {

// Takes a campaign's rows into a slice.
class SliceSink final : public ReportSink {
 public:
  SliceSink(Slice& slice, size_t classes) : slice_(slice), classes_(classes) {}

  void begin(const Tally&, std::span<const float> scores) override { golden_ = scores; }
  void append(const RowBlock& block, const Spent&) override {
    for (const Fault& fault : block.faults) slice_.ids.push_back(fault.id);
    slice_.tallies.insert(slice_.tallies.end(), block.tallies.begin(), block.tallies.end());
    slice_.details.insert(slice_.details.end(), block.details.begin(), block.details.end());
    slice_.confusion.resize(block.confusion.size());
    for (size_t i = 0; i < block.confusion.size(); ++i) slice_.confusion[i] += block.confusion[i];
    for (const std::vector<float>& scores : block.scores)
      slice_.changed.push_back(changed_rows(scores, golden_, classes_));
  }

 private:
  Slice& slice_;
  size_t classes_;
  std::span<const float> golden_;
};

}  // namespace

struct SliceRunner::State {
  State(Session& of, const CampaignOptions& options)
      : session(of), without_faults(of, std::nullopt, options), form(slice_form(without_faults)) {}

  Session& session;
  Campaign without_faults;
  SliceForm form;
  std::optional<GoldenRun> golden;
  std::string golden_sha256;
  CheckTotals golden_check;  // that no slice has told yet
  std::optional<double> seconds_per_fault;

  void require_golden(const CampaignCallbacks& callbacks) {
    if (golden) return;
    const Setup& setup = without_faults.state().setup;
    const std::unique_ptr<Engine> engine = setup.make_engine();
    const std::unique_ptr<SelfCheck> check = make_self_check(setup, setup.needs.check, callbacks.stop);
    GoldenRun run =
        tf_injector::detail::run_golden(setup, *engine, {.stop = callbacks.stop, .check = check.get()});
    ConstantsCheck constants(setup, *engine);
    constants.begin(run);
    check->check_golden(run, run.seconds);
    constants.check(run, ListIndex(0), 0);
    golden_check = checked_by(*check, constants);
    golden_sha256 = sha256_of(run.scores.data(), run.scores.size() * sizeof(float));
    golden.emplace(std::move(run));
  }

  [[nodiscard]] Slice new_slice(int64_t row) {
    Slice slice;
    slice.row = row;
    slice.golden = golden->total;
    slice.golden_sha256 = golden_sha256;
    slice.check = std::exchange(golden_check, {});
    return slice;
  }

  std::string run(const FaultList& faults, int64_t row, double seconds, const CampaignCallbacks& callbacks) {
    require_golden(callbacks);
    const Setup& of_golden = without_faults.state().setup;
    Setup setup = set_up(session.state(), faults, of_golden.needs);
    setup.first_row = static_cast<size_t>(row);
    Slice slice = new_slice(row);
    SliceSink sink(slice, setup.classes());
    const std::unique_ptr<Engine> engine = setup.make_engine();
    ListRun list(setup, callbacks, sink, {}, *engine, *golden,
                 make_self_check(setup, setup.needs.check, callbacks.stop));
    list.run_blocks({.seconds = seconds, .seconds_per_fault = seconds_per_fault});
    seconds_per_fault = list.seconds_per_fault();
    CheckTotals checked = list.checked();
    if (setup.needs.check.value_or(0) > 0) checked.golden_images = 0;  // all were, in the golden run
    slice.check += checked;
    slice.seconds = std::max(list.seconds() - golden->spent, 0.0);
    return slice_bytes(form, slice);
  }
};

SliceRunner::SliceRunner(Session& session, const CampaignOptions& options)
    : state_(guarded([&] { return std::make_unique<State>(session, options); })) {}
SliceRunner::~SliceRunner() = default;

std::string SliceRunner::golden(const CampaignCallbacks& callbacks) {
  return guarded([&] {
    const auto begin = Clock::now();
    state_->require_golden(callbacks);
    Slice slice = state_->new_slice(0);
    slice.golden_scores = state_->golden->scores;
    slice.seconds = seconds_since(begin);
    return slice_bytes(state_->form, slice);
  });
}

std::string SliceRunner::run(const FaultList& faults, int64_t row, double seconds,
                             const CampaignCallbacks& callbacks) {
  if (row < 0) throw Error(ErrorKind::usage, "`row`: expected a row of the list, from 0");
  return guarded([&] {
    try {
      return state_->run(faults, row, seconds, callbacks);
    } catch (const Error& error) {
      // The golden scores may hold the mistake: the next slice computes them anew.
      if (error.kind() == ErrorKind::self_check) state_->golden.reset();
      throw;
    }
  });
}

}  // namespace tf_injector
