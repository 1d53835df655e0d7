#include <algorithm>
#include <utility>

#include "benchmark/measurement.hpp"
#include "core/aligned_buffer.hpp"
#include "core/flush_denormals.hpp"
#include "core/processor_clock.hpp"
#include "core/stop.hpp"
#include "kernels/peak.hpp"
#include "plan/plan.hpp"
#include "session/guarded.hpp"
#include "session/setup.hpp"
#include "tf_injector/benchmark.hpp"

namespace tf_injector {

using namespace detail;
namespace {

constexpr int kRuns = 7;                // of each step: the best counts, as other programs disturb
constexpr double kLeastSeconds = 4e-3;  // of a run

double seconds_of(const Kernel& kernel, const KernelArgs& args, int64_t repeats) {
  const double begin = thread_seconds();
  for (int64_t i = 0; i < repeats; ++i) kernel.run(args);
  return thread_seconds() - begin;
}

// Seconds of one call, the best of some runs of many calls.
double best_seconds(const Kernel& kernel, const KernelArgs& args, const std::atomic<bool>* stop) {
  int64_t repeats = 1;
  double best = seconds_of(kernel, args, repeats);
  while (best < kLeastSeconds / 2) {
    repeats *= 2;
    best = seconds_of(kernel, args, repeats);
  }
  for (int run = 1; run < kRuns; ++run) {
    check_stop(stop);
    best = std::min(best, seconds_of(kernel, args, repeats));
  }
  return best / static_cast<double>(repeats);
}

// Every value of the plan in a buffer of its own, the inputs filled with the first tile of images.
std::vector<AlignedBuffer> make_values(const Setup& setup, int images) {
  const PlanParts& plan = setup.plan().parts();
  std::vector<AlignedBuffer> values;
  ImageFeed::Buffers buffers = setup.feed().make_buffers(setup.layout.tile);
  for (const std::span<const float> input : setup.feed().fill(setup.tiles.front(), buffers)) {
    values.emplace_back(input.size());
    std::copy(input.begin(), input.end(), values.back().data());
  }
  for (const PlanStep& step : plan.steps)
    values.emplace_back(static_cast<size_t>(step.shape.elements() * images));
  return values;
}

StepSpeeds measure(const Setup& setup, const SpeedCallbacks& callbacks) {
  const FlushDenormals flush;
  const PlanParts& plan = setup.plan().parts();
  const Tile& tile = setup.tiles.front();
  StepSpeeds speeds{.kernels = kernel_set_name(setup.plan().kernels()),
                    .images = tile.images,
                    .peak = peak_multiply_adds(setup.plan().kernels()),
                    .steps = {}};
  std::vector<AlignedBuffer> values = make_values(setup, tile.images);
  const std::vector<StepInfo> infos = setup.plan().steps();
  for (size_t i = 0; i < plan.steps.size(); ++i) {
    std::vector<const float*> reads;
    for (int value : plan.steps[i].reads) reads.push_back(values[static_cast<size_t>(value)].data());
    const KernelArgs args{.inputs = reads,
                          .output = values[plan.inputs.size() + i].data(),
                          .images = tile.images,
                          .batch = tile.batch};
    const double seconds = best_seconds(*plan.steps[i].kernel, args, callbacks.stop);
    speeds.steps.push_back({.path = infos[i].path,
                            .op = infos[i].op,
                            .kernel = infos[i].kernel,
                            .multiply_adds = infos[i].multiply_adds,
                            .seconds_per_image = seconds / tile.images});
    speeds.peak = std::max(speeds.peak, peak_multiply_adds(setup.plan().kernels()));  // speeds drift
  }
  return speeds;
}

}  // namespace

StepSpeeds measure_steps(const BenchmarkInputs& inputs, const SpeedCallbacks& callbacks) {
  const auto run = [&] {
    const Session session =
        make_session(inputs.model, inputs.dataset, inputs.options, {.engine = plain_engine()});
    return measure(set_up(session.state(), std::nullopt, {.scores = ScoreMode::none, .check = 0}), callbacks);
  };
  return guarded(run,
                 {.interrupted = kNothingMeasured, .out_of_memory = "out of memory; use a smaller `tile`"});
}

}  // namespace tf_injector
