
#include <fmt/format.h>

#include <set>
#include <utility>

#include "benchmark/engine_speed_run.hpp"
#include "benchmark/measurement.hpp"
#include "core/low_discrepancy.hpp"
#include "core/message.hpp"
#include "session/list_data.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr size_t kMostPlainFaults = 1000;

// Up to kMostPlainFaults different faults of a list, in an order in which every beginning is spread over it.
std::vector<size_t> spread_over(size_t faults) {
  std::set<size_t> taken;
  std::vector<size_t> order;
  for (size_t i = 0; i < 4 * faults && order.size() < kMostPlainFaults; ++i) {
    const auto fault = static_cast<size_t>(low_discrepancy_point(i) * static_cast<double>(faults));
    if (taken.insert(fault).second) order.push_back(fault);
  }
  return order;
}

void require_equal(const std::vector<Tally>& plain, const std::vector<size_t>& order,
                   const Measurement& fast) {
  for (size_t i = 0; i < plain.size(); ++i) {
    if (plain[i] == fast.tallies()[order[i]]) continue;
    throw Error(
        ErrorKind::self_check,
        fmt::format("the engines disagree on fault {}: replay does not count what the plain evaluation "
                    "counts; please report it with the model and the list",
                    fast.setup().faults.id(order[i])));
  }
}

// The rows of the list in this order.
FaultList sample_of(const FaultList& list, const std::vector<size_t>& order) {
  ResolvedFaultList sample;
  sample.path = list.source();
  sample.sha256 = list.sha256();
  for (const size_t fault : order) sample.add(list[fault], patches_of(list)[fault]);
  return list_of(std::move(sample));
}

std::vector<EngineSpeed> measure(const BenchmarkInputs& inputs, double plain_seconds,
                                 const SpeedCallbacks& callbacks, const EngineChoice& fast) {
  const Message say = or_silent(callbacks.message);
  const std::vector<size_t> order = spread_over(inputs.faults->size());
  BenchmarkInputs sample = inputs;
  sample.faults = sample_of(*inputs.faults, order);
  say(fmt::format("plain: whole evaluations for about {:g} s", plain_seconds));
  std::vector<EngineSpeed> speeds;
  std::vector<Tally> plain_tallies;
  {
    Measurement plain(sample, plain_engine(), callbacks.stop);
    speeds.push_back(plain.run("plain", true, plain_seconds));
    if (plain.setup().plan().kernels() == KernelSet::scalar) return speeds;
    plain_tallies = plain.tallies();
  }
  say(fmt::format("replay: {} faults", inputs.faults->size()));
  Measurement replay(inputs, fast, callbacks.stop);
  speeds.push_back(replay.run("replay"));
  require_equal(plain_tallies, order, replay);
  return speeds;
}

}  // namespace

std::vector<EngineSpeed> detail::measure_with(const BenchmarkInputs& inputs, double plain_seconds,
                                              const SpeedCallbacks& callbacks, const EngineChoice& fast) {
  std::vector<EngineSpeed> speeds;
  run_measurement(inputs, [&] { speeds = measure(inputs, plain_seconds, callbacks, fast); });
  return speeds;
}

std::vector<EngineSpeed> measure_engines(const BenchmarkInputs& inputs, double plain_seconds,
                                         const SpeedCallbacks& callbacks) {
  return measure_with(inputs, plain_seconds, callbacks, replay_engine());
}

}  // namespace tf_injector
