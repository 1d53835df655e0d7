// What `bench` measures: which faults, on which engine, and that their results are compared.
#include <gmock/gmock.h>

#include <atomic>

#include "benchmark/engine_speed_run.hpp"
#include "campaign/campaign_fixture.hpp"
#include "replay/plan/shortcuts.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class EngineSpeedTest : public ReplayCampaignTest {
 protected:
  static std::vector<EngineSpeed> measure(const RunInputs& inputs, const RunOptions& options,
                                          const EngineChoice& fast = replay_engine()) {
    return measure_with(benchmark_inputs(inputs, options), 1e9, {}, fast);
  }
};

TEST_F(EngineSpeedTest, MeasuresBothEnginesOnTheSameListAndWritesNothing) {
  const std::vector<EngineSpeed> speeds = measure(random_inputs(60), options(""));
  ASSERT_EQ(speeds.size(), 2U);
  EXPECT_EQ(speeds[0].name, "plain");
  EXPECT_EQ(speeds[1].name, "replay");
  for (const EngineSpeed& speed : speeds) {
    EXPECT_EQ(speed.faults, 20);
    EXPECT_EQ(speed.images, 11);
    EXPECT_GT(speed.seconds, 0);
    EXPECT_GT(speed.golden_seconds, 0);
    EXPECT_EQ(speed.threads, 2);
    EXPECT_DOUBLE_EQ(speed.faults_per_second(), 20 / speed.seconds);
  }
  EXPECT_TRUE(fs::is_empty(folder_));
}

TEST_F(EngineSpeedTest, ThePlainEngineStopsAfterItsTimeButTakesOneFault) {
  const std::vector<EngineSpeed> speeds =
      measure_with(benchmark_inputs(random_inputs(61), options("")), 0, {}, replay_engine());
  EXPECT_EQ(speeds.at(0).faults, 1);
  EXPECT_EQ(speeds.at(1).faults, 20);
}

TEST_F(EngineSpeedTest, TheScalarReferenceHasNoReplay) {
  RunOptions o = options("");
  o.kernels = KernelSet::scalar;
  const std::vector<EngineSpeed> speeds = measure(random_inputs(62), o);
  ASSERT_EQ(speeds.size(), 1U);
  EXPECT_EQ(speeds[0].kernels, "scalar");
}

TEST_F(EngineSpeedTest, EnginesThatDisagreeAreNoMeasurement) {
  EngineHooks hooks;
  hooks.spoil = [](size_t fault, int, std::span<float> scores) {
    if (fault == 0) std::fill(scores.begin(), scores.end(), std::numeric_limits<float>::quiet_NaN());
  };
  const Error error =
      error_of([&] { measure(random_inputs(63), options(""), tuning_with(hooks, 20).engine); });
  EXPECT_EQ(error.kind(), ErrorKind::self_check);
  EXPECT_THAT(error.what(), HasSubstr("the engines disagree on fault "));
}

TEST_F(EngineSpeedTest, NeedsFaultsAndStopsWhenAsked) {
  RunInputs inputs = random_inputs(64);
  std::atomic<bool> stop{true};
  EXPECT_EQ(error_of([&] {
              static_cast<void>(measure_with(benchmark_inputs(inputs, options("")), 1,
                                             {.message = {}, .stop = &stop}, replay_engine()));
            }).kind(),
            ErrorKind::interrupted);
  inputs.list->faults = FaultTable();
  EXPECT_EQ(error_of([&] { measure(inputs, options("")); }).kind(), ErrorKind::bad_input);
  inputs.list.reset();
  EXPECT_EQ(error_of([&] { measure(inputs, options("")); }).kind(), ErrorKind::usage);
}

TEST_F(EngineSpeedTest, MeasuresReplayWithEveryShortcutLeftOut) {
  const TechniqueSpeeds speeds = measure_techniques(benchmark_inputs(random_inputs(66), options("")), 1, {});
  EXPECT_EQ(speeds.plain.name, "plain");
  EXPECT_EQ(speeds.none.faults, 20);
  EXPECT_EQ(speeds.one_thread.threads, 1);
  ASSERT_EQ(speeds.techniques.size(), replay::kShortcuts.size());
  for (const TechniqueSpeed& technique : speeds.techniques) {
    for (const EngineSpeed* speed : {&technique.all, &technique.without, &technique.up_to}) {
      EXPECT_EQ(speed->faults, 20) << technique.name;
      EXPECT_EQ(speed->images, 11) << technique.name;
      EXPECT_GT(speed->seconds, 0) << technique.name;
    }
  }
  RunOptions o = options("");
  o.kernels = KernelSet::scalar;
  EXPECT_EQ(error_of([&] {
              static_cast<void>(measure_techniques(benchmark_inputs(random_inputs(66), o), 0, {}));
            }).kind(),
            ErrorKind::usage);
}

TEST_F(EngineSpeedTest, MeasuresEveryStepAlone) {
  RunOptions o = options("");
  o.tile = 3;
  const StepSpeeds speeds = measure_steps(benchmark_inputs(random_inputs(65), o), {});
  EXPECT_EQ(speeds.images, 3);
  ASSERT_FALSE(speeds.steps.empty());
  EXPECT_GT(speeds.steps.front().multiply_adds, 0);
  for (const StepSpeed& step : speeds.steps) EXPECT_GT(step.seconds_per_image, 0) << step.path;
  EXPECT_GT(speeds.peak, 1e8);
  o.kernels = KernelSet::scalar;
  EXPECT_EQ(measure_steps(benchmark_inputs(random_inputs(65), o), {}).peak, 0);
}

}  // namespace
}  // namespace tf_injector::detail::test
