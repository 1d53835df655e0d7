#include <fmt/format.h>

#include <utility>

#include "benchmark/measurement.hpp"
#include "replay/plan/shortcuts.hpp"
#include "tf_injector/benchmark.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

// Replay of one list, again and again with other shortcuts; what it counts is compared.
class ReplayRuns {
 public:
  ReplayRuns(const BenchmarkInputs& inputs, const SpeedCallbacks& callbacks)
      : inputs_(inputs), callbacks_(callbacks) {}

  // threads: 0: as the options say.
  EngineSpeed run(const std::string& name, const replay::Shortcuts& shortcuts, int threads = 0) {
    if (callbacks_.message) callbacks_.message(fmt::format("replay, {}", name));
    BenchmarkInputs inputs = inputs_;
    if (threads > 0) inputs.options.threads = threads;
    Measurement measurement(inputs, replay_engine(shortcuts), callbacks_.stop);
    const EngineSpeed speed = measurement.run(name);
    if (tallies_.empty()) tallies_ = measurement.tallies();
    for (size_t i = 0; i < tallies_.size(); ++i) {
      if (tallies_[i] == measurement.tallies()[i]) continue;
      throw Error(ErrorKind::self_check,
                  fmt::format("replay, {}: fault {} is not counted as with all shortcuts; please report it "
                              "with the model and the list",
                              name, measurement.setup().faults.id(i)));
    }
    return speed;
  }

 private:
  const BenchmarkInputs& inputs_;
  const SpeedCallbacks& callbacks_;
  std::vector<Tally> tallies_;  // of the first run
};

TechniqueSpeeds measure(const BenchmarkInputs& inputs, double plain_seconds,
                        const SpeedCallbacks& callbacks) {
  TechniqueSpeeds speeds;
  const std::vector<EngineSpeed> engines = measure_engines(inputs, plain_seconds, callbacks);
  if (engines.size() == 1)
    throw Error(ErrorKind::usage, "`techniques`: there is no replay with the scalar kernels");
  speeds.plain = engines.front();
  ReplayRuns runs(inputs, callbacks);
  replay::Shortcuts up_to;
  for (const replay::Shortcut& shortcut : replay::kShortcuts) up_to.*shortcut.is_on = false;
  speeds.none = runs.run("no shortcut", up_to);
  for (const replay::Shortcut& shortcut : replay::kShortcuts) {
    const std::string name = shortcut.name;
    replay::Shortcuts others;
    others.*shortcut.is_on = false;
    up_to.*shortcut.is_on = true;
    TechniqueSpeed& speed = speeds.techniques.emplace_back();
    speed.name = name;
    speed.instead = shortcut.without;
    speed.all = runs.run("all shortcuts", {});
    speed.without = runs.run(fmt::format("without {}", name), others);
    speed.up_to = runs.run(fmt::format("up to {}", name), up_to);
  }
  speeds.one_thread = runs.run("all shortcuts, one thread", {}, 1);
  return speeds;
}

}  // namespace

TechniqueSpeeds measure_techniques(const BenchmarkInputs& inputs, double plain_seconds,
                                   const SpeedCallbacks& callbacks) {
  TechniqueSpeeds speeds;
  run_measurement(inputs, [&] { speeds = measure(inputs, plain_seconds, callbacks); });
  return speeds;
}

}  // namespace tf_injector
