// One engine measured on a list, as a campaign runs it but without its files.
#pragma once

#include <atomic>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "engine/engine_choice.hpp"
#include "session/block_run.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"
#include "tf_injector/benchmark.hpp"

namespace tf_injector::detail {

// What a measurement that is stopped says.
inline constexpr const char* kNothingMeasured = "interrupted: nothing was measured";

class Measurement {
 public:
  // Compiles the plan, makes the engine. Throws what set_up throws, std::bad_alloc.
  Measurement(const BenchmarkInputs& inputs, const EngineChoice& choice, const std::atomic<bool>* stop);

  // The run without a fault, and the faults in blocks as in a campaign, or in blocks of one, until
  // `most_seconds` have passed, and at least one. Where a campaign joins both (joins_golden) so does this,
  // and the golden run's share is taken off the seconds of the faults. Throws Stopped, std::bad_alloc.
  EngineSpeed run(const std::string& name, bool one_by_one = false,
                  double most_seconds = std::numeric_limits<double>::infinity());
  [[nodiscard]] const Setup& setup() const noexcept { return setup_; }
  [[nodiscard]] const std::vector<Tally>& tallies() const noexcept { return tallies_; }  // of run's faults

 private:
  EngineSpeed run_joined(const std::string& name);
  [[nodiscard]] EngineSpeed speed(const std::string& name, double seconds, double processor_seconds) const;

  Session session_;
  Setup setup_;
  std::unique_ptr<Engine> engine_;
  GoldenRun golden_;
  const std::atomic<bool>* stop_;
  BlockRunner runner_;
  std::vector<Tally> tallies_;
};

// Calls `run`, and throws Error(usage) without a list, Error(bad_input) for an empty one, and as Error what a
// measurement ends with when it is stopped or memory runs out.
void run_measurement(const BenchmarkInputs& inputs, const std::function<void()>& run);

}  // namespace tf_injector::detail
