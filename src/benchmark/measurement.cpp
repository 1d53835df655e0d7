#include "benchmark/measurement.hpp"

#include <utility>

#include "core/processor_clock.hpp"
#include "core/wall_clock.hpp"
#include "session/guarded.hpp"
#include "session/run_estimate.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

Measurement::Measurement(const BenchmarkInputs& inputs, const EngineChoice& choice,
                         const std::atomic<bool>* stop)
    : session_(make_session(inputs.model, inputs.dataset, inputs.options, {.engine = choice})),
      setup_(set_up(session_.state(), inputs.faults, {.scores = ScoreMode::none, .check = 0})),
      engine_(setup_.make_engine()),
      golden_(setup_),
      stop_(stop),
      runner_(
          setup_, *engine_, golden_, [](ListIndex) { return false; }, stop, [](int64_t) {}) {}

EngineSpeed Measurement::run(const std::string& name, bool one_by_one, double most_seconds) {
  const size_t all = setup_.faults.size();
  if (!one_by_one && joins_golden(setup_, *engine_, all, stop_)) return run_joined(name);
  golden_ = run_golden(setup_, *engine_, {.stop = stop_});
  BlockSize size = setup_.block_size(golden_.seconds);
  const auto begin = Clock::now();
  const double processor_begin = process_seconds();
  while (tallies_.size() < all && (tallies_.empty() || seconds_since(begin) < most_seconds)) {
    const auto block_begin = Clock::now();
    const size_t count = one_by_one ? 1 : size.next(all - tallies_.size());
    const BlockResult block = runner_.run(ListIndex(tallies_.size()), count);
    tallies_.insert(tallies_.end(), block.tallies.begin(), block.tallies.end());
    size.measured(count, seconds_since(block_begin));
  }
  return speed(name, seconds_since(begin), process_seconds() - processor_begin);
}

EngineSpeed Measurement::run_joined(const std::string& name) {
  const auto begin = Clock::now();
  const double processor_begin = process_seconds();
  tallies_ = runner_.run_with_golden(ListIndex(0), setup_.faults.size()).tallies;
  const double golden = golden_.seconds;
  return speed(name, seconds_since(begin) - golden,
               process_seconds() - processor_begin - golden * setup_.layout.threads);
}

EngineSpeed Measurement::speed(const std::string& name, double seconds, double processor_seconds) const {
  return {.name = name,
          .faults = static_cast<int64_t>(tallies_.size()),
          .images = setup_.images(),
          .seconds = seconds,
          .golden_seconds = golden_.seconds,
          .kernels = kernel_set_name(setup_.plan().kernels()),
          .threads = setup_.layout.threads,
          .tile = setup_.layout.tile,
          .processor_seconds = processor_seconds};
}

void run_measurement(const BenchmarkInputs& inputs, const std::function<void()>& run) {
  if (!inputs.faults) throw Error(ErrorKind::usage, "a `fault_list` is required");
  if (inputs.faults->empty())
    throw Error(ErrorKind::bad_input, inputs.faults->source() + ": no faults: nothing to measure");
  guarded(run, {.interrupted = kNothingMeasured});
}

}  // namespace tf_injector::detail
