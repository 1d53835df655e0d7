// Whole campaigns in memory against a slow count, over threads, tiles, blocks and kernels.
#include "support/campaign_run.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slow_report.hpp"

namespace tf_injector::detail::test {
namespace {

class CampaignRunTest : public CampaignTest {};

TEST_F(CampaignRunTest, EqualsASlowCountForAnyThreadsTilesBlocksAndKernels) {
  const RunInputs inputs = random_inputs(1);
  const std::string expected = slow_report(inputs, 11, 512);
  int number = 0;
  for (KernelSet set : available_kernel_sets()) {
    for (int threads : {1, 2, 7}) {
      for (int tile : {0, 1, 3, 100}) {
        RunOptions o = options("r" + std::to_string(number) + ".csv");
        o.kernels = set;
        o.threads = threads;
        o.tile = tile;
        const size_t block = std::array<size_t, 4>{0, 1, 6, 100}[static_cast<size_t>(number++ % 4)];
        EngineHooks hooks;
        hooks.only_changed_rows = number % 3 == 0;
        for (const NamedEngine& engine : both_engines()) {
          o.overwrite = true;
          run(inputs, o, tuning_with(hooks, block, engine.engine));
          EXPECT_EQ(read_text(o.path), expected) << engine.name << ", " << kernel_set_name(o.kernels) << ", "
                                                 << threads << " threads, tile " << tile;
        }
      }
    }
  }
}

TEST_F(CampaignRunTest, EqualsASlowCountOnRandomNetworks) {
  for (unsigned seed = 100; seed < 116; ++seed) {
    CaseOptions c;
    c.network = {.side = 5 + seed % 3,
                 .channels = 3 + seed % 5,
                 .classes = 2 + seed % 9,
                 .blocks = static_cast<int>(seed % 3),
                 .same_padding = seed % 2 == 0,
                 .bias = seed % 3 == 0,
                 .relu6 = seed % 5 == 0,
                 .projection = seed % 4 == 0,
                 .average_pool = seed % 3 != 1};
    c.images = 1 + seed % 10;
    c.faults = 40;
    RunInputs inputs = random_inputs(seed, c);
    if (seed % 4 == 1) {  // a network that gives NaN without any fault, for some images
      set_value(inputs.dataset.inputs[0].floats, 5, std::numeric_limits<float>::quiet_NaN());
    }
    if (seed % 4 == 2) {  // classes that tie: equal columns of the last kernel and bias
      Weight& kernel = inputs.graph.weights[inputs.graph.weights.size() - 2];
      for (size_t i = 0; i < kernel.values.size(); ++i)
        kernel.values[i] = kernel.values[i - i % static_cast<size_t>(c.network.classes)];
      for (float& v : inputs.graph.weights.back().values) v = 0.0f;
      for (Patch& patch : inputs.list->patches.all()) {
        const Weight& w = inputs.graph.weights[static_cast<size_t>(patch.weight)];
        patch.old_bits = float_bits(w.values[static_cast<size_t>(patch.element)]);
      }
    }
    RunOptions o = options("r" + std::to_string(seed) + ".csv");
    o.batch_size = 1 + static_cast<int>(seed % 5);
    o.tile = static_cast<int>(seed % 4);
    EngineHooks hooks;
    hooks.only_changed_rows = seed % 2 == 1;
    o.overwrite = true;
    const std::string expected = slow_report(inputs, c.images, o.batch_size);
    for (const NamedEngine& engine : both_engines()) {
      run(inputs, o, tuning_with(hooks, 1 + seed % 7, engine.engine));
      EXPECT_EQ(read_text(o.path), expected) << engine.name << ", seed " << seed;
    }
  }
}

TEST_F(CampaignRunTest, AMaskedFaultOnATieCountsAsCriticalAndNonCriticalIsMinusOne) {
  CaseOptions c;
  c.images = 1;
  c.faults = 1;
  RunInputs inputs = random_inputs(3, c);
  for (float& v : inputs.graph.weights[inputs.graph.weights.size() - 2].values) v = 0.0f;
  for (float& v : inputs.graph.weights.back().values) v = 0.0f;
  Patch& patch = inputs.list->patches.all()[0];
  patch.weight = 0;
  patch.new_bits = patch.old_bits = float_bits(inputs.graph.weights[0].values[0]);
  for (bool only_changed : {false, true}) {
    RunOptions o = options(only_changed ? "a.csv" : "b.csv");
    o.overwrite = true;
    EngineHooks hooks;
    hooks.only_changed_rows = only_changed;
    for (const NamedEngine& engine : both_engines()) {
      run(inputs, o, tuning_with(hooks, 0, engine.engine));
      EXPECT_THAT(read_text(o.path), testing::EndsWith(",1,-1,1\r\n")) << engine.name;
      EXPECT_EQ(read_text(o.path), slow_report(inputs, 1, 512)) << engine.name;
    }
  }
}

TEST_F(CampaignRunTest, AGoldenRowWithNanIsNeverMasked) {
  CaseOptions c;
  c.images = 3;
  c.faults = 2;
  RunInputs inputs = random_inputs(4, c);
  set_value(inputs.dataset.inputs[0].floats, 0,
            std::numeric_limits<float>::quiet_NaN());  // of the first image
  for (Patch& patch : inputs.list->patches.all()) patch.new_bits = patch.old_bits;
  for (bool only_changed : {false, true}) {
    RunOptions o = options(only_changed ? "a.csv" : "b.csv");
    o.overwrite = true;
    EngineHooks hooks;
    hooks.only_changed_rows = only_changed;
    for (const NamedEngine& engine : both_engines()) {
      run(inputs, o, tuning_with(hooks, 0, engine.engine));
      const Report report = parse_report(read_text(o.path), "r");
      EXPECT_EQ(report.rows[0].tally.masked, 2) << engine.name;
      EXPECT_EQ(read_text(o.path), slow_report(inputs, 3, 512)) << engine.name;
    }
  }
}

TEST_F(CampaignRunTest, LastBatchOfOneAndBatchLargerThanTheData) {
  CaseOptions c;
  c.images = 9;
  const RunInputs inputs = random_inputs(5, c);
  for (int batch : {1, 2, 4, 8, 9, 100000}) {
    RunOptions o = options("b" + std::to_string(batch) + ".csv");
    o.batch_size = batch;
    o.tile = 4;
    o.overwrite = true;
    for (const NamedEngine& engine : both_engines()) {
      run(inputs, o, tuning_with({}, 0, engine.engine));
      EXPECT_EQ(read_text(o.path), slow_report(inputs, 9, batch)) << engine.name << ", " << batch;
    }
  }
}

TEST_F(CampaignRunTest, LimitTakesTheFirstImages) {
  const RunInputs inputs = random_inputs(6);
  RunOptions o = options();
  for (int64_t limit : {1, 4, 11, 1000}) {
    o.path = path("l" + std::to_string(limit) + ".csv");
    o.limit = limit;
    o.overwrite = true;
    for (const NamedEngine& engine : both_engines()) {
      const RunResult result = run(inputs, o, tuning_with({}, 0, engine.engine));
      EXPECT_EQ(result.golden.images, std::min<int64_t>(limit, 11));
      EXPECT_EQ(read_text(o.path), slow_report(inputs, std::min<int64_t>(limit, 11), 512)) << engine.name;
      EXPECT_EQ(metadata_of(result.metadata_path).settings.limit.has_value(), limit < 11);
    }
  }
}

TEST_F(CampaignRunTest, ResumeFromStartsAtTheRowOfThatInjection) {
  RunInputs inputs = random_inputs(7);
  RunOptions o = options();
  o.resume_from = inputs.list->faults[13].id;
  const RunResult result = run(inputs, o);
  EXPECT_EQ(result.faults, 7);
  inputs.list->faults = FaultTable(FaultRows(inputs.list->faults).subspan(13).faults());
  std::vector<Patch>& patches = inputs.list->patches.all();
  patches.erase(patches.begin(), patches.begin() + 13);
  EXPECT_EQ(read_text(o.path), slow_report(inputs, 11, 512));
}

TEST_F(CampaignRunTest, ResumeFromANumberThatIsNotThereIsRefusedBeforeAnyInference) {
  const RunInputs inputs = random_inputs(7);
  RunOptions o = options();
  o.resume_from = 7;
  EngineHooks hooks;
  hooks.made = [] { ADD_FAILURE() << "an engine was made"; };
  const Error error = error_of([&] { run(inputs, o, tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_STREQ(
      error.what(),
      "list.csv: no row has the Injection 7 of `resume_from`; its 20 rows have numbers from 100 to 119");
  EXPECT_FALSE(file_exists(o.path));
}

TEST_F(CampaignRunTest, AnEmptyListGivesAGoldenRow) {
  CaseOptions c;
  c.faults = 0;
  const RunInputs inputs = random_inputs(8, c);
  const RunResult result = run(inputs, options());
  EXPECT_EQ(read_text(result.report_path), slow_report(inputs, 11, 512));
  EXPECT_TRUE(metadata_of(result.metadata_path).finished);
}

}  // namespace
}  // namespace tf_injector::detail::test
