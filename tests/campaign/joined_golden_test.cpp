// The run without a fault in one pass with the faults: the same files as before them, and when it is done so.
#include <gmock/gmock.h>

#include <atomic>
#include <map>

#include "campaign/campaign_fixture.hpp"
#include "session/run_estimate.hpp"

namespace tf_injector::detail::test {
namespace {

// How often golden was run, alone and together with faults.
struct Passes {
  std::atomic<int> alone{0}, joined{0};
};

// Counts the images of an engine's passes.
class CountingEngine final : public Engine {
 public:
  CountingEngine(std::unique_ptr<Engine> engine, std::shared_ptr<Passes> passes)
      : engine_(std::move(engine)), passes_(std::move(passes)) {}
  void run_golden(const TileImages& images, int thread, std::span<float> scores) override {
    passes_->alone += images.tile.images;
    engine_->run_golden(images, thread, scores);
  }
  void begin_block(PatchRows faults) override { engine_->begin_block(faults); }
  void run_faults(const TileImages& images, BlockIndex first, size_t count, std::span<const float> golden,
                  int thread, const FaultSink& sink) override {
    engine_->run_faults(images, first, count, golden, thread, sink);
  }
  void run_golden_and_faults(const TileImages& images, size_t count, std::span<float> golden, int thread,
                             const std::function<void(int image)>& golden_row,
                             const FaultSink& sink) override {
    passes_->joined += images.tile.images;
    engine_->run_golden_and_faults(images, count, golden, thread, golden_row, sink);
  }

 private:
  std::unique_ptr<Engine> engine_;
  std::shared_ptr<Passes> passes_;
};

// All that a run leaves and says.
struct Left {
  std::map<std::string, std::string> files;  // report and scores by name
  Tally golden;                              // as told
  RunResult result;
  Progress progress;  // the last
};

class JoinedGoldenTest : public ReplayCampaignTest {
 protected:
  static RunTuning counting(RunTuning tuning, const std::shared_ptr<Passes>& passes) {
    const auto make = tuning.engine.make;
    tuning.engine.make = [make, passes](const Plan& plan, const EngineLayout& layout) {
      return std::make_unique<CountingEngine>(make(plan, layout), passes);
    };
    return tuning;
  }
  // The plain engine, which has no way of its own to do both at once.
  static RunTuning plain() {
    RunTuning tuning;
    tuning.engine = plain_engine();
    tuning.engine.needs = [](const Plan& plan, PatchRows faults) {
      EngineNeeds needs = plain_engine_needs(plan, faults);
      needs.repeats_golden = true;
      needs.sizes.front().least_block = 64;
      return needs;
    };
    return tuning;
  }
  Left run_and_look(const RunInputs& inputs, RunOptions o, const RunTuning& tuning) {
    o.path = path("look/r.csv");
    o.overwrite = true;
    Left left;
    CampaignCallbacks callbacks;
    callbacks.golden = [&](const Tally& golden) { left.golden = golden; };
    callbacks.progress = [&](const Progress& progress) { left.progress = progress; };
    left.result = run(inputs, o, tuning, callbacks);
    left.files["r.csv"] = read_text(o.path);
    if (o.scores != ScoreMode::none) {
      for (const auto& entry : fs::directory_iterator(left.result.score_folder))
        left.files[entry.path().filename()] = read_text(entry.path());
    }
    fs::remove_all(path("look"));
    return left;
  }
};

TEST_F(JoinedGoldenTest, LeavesAndSaysWhatGoldenBeforeTheFaultsDoes) {
  unsigned seed = 700;
  for (const RunTuning& engine : {RunTuning{}, plain()}) {
    for (const int threads : {1, 2, 5}) {
      for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed, ScoreMode::all, ScoreMode::one}) {
        CaseOptions c;
        c.images = 9 + static_cast<int64_t>(seed % 5);
        const RunInputs inputs = random_inputs(++seed, c);
        RunOptions o = options();
        o.threads = threads;
        o.tile = static_cast<int>(seed % 4);  // 0: the engine's own
        o.batch_size = 4;
        o.scores = scores;
        o.check = scores == ScoreMode::none ? 3 : 0;
        const auto passes = std::make_shared<Passes>(), others = std::make_shared<Passes>();
        const Left joined = run_and_look(inputs, o, counting(engine, passes));
        RunTuning before = counting(engine, others);
        before.joins_golden = false;
        const Left expected = run_and_look(inputs, o, before);
        ASSERT_EQ(passes->joined, c.images);
        if (o.check == 0) {
          ASSERT_EQ(others->alone, c.images);
        } else {
          ASSERT_GT(others->alone, c.images);  // behind each block some images once more
        }
        ASSERT_EQ(others->joined, 0);
        EXPECT_EQ(joined.files, expected.files) << "seed " << seed;
        EXPECT_EQ(joined.golden.images, c.images);
        for (const Tally& golden : {joined.golden, joined.result.golden}) {
          EXPECT_EQ(golden.top_1_correct, expected.golden.top_1_correct);
          EXPECT_EQ(golden.top_5_correct, expected.golden.top_5_correct);
        }
        EXPECT_EQ(joined.progress.faults_done, 20.0);
        EXPECT_EQ(joined.progress.rows_written, 20);
        EXPECT_EQ(joined.progress.critical, expected.progress.critical);
      }
    }
  }
}

TEST_F(JoinedGoldenTest, GoesOnWithAReportAndHoldsItsGoldenRow) {
  const RunInputs inputs = random_inputs(740);
  const RunOptions o = options();
  const std::string whole = whole_report(inputs);
  run_until_block(inputs, o, 3, 4);
  const std::string part = read_text(o.path);
  ASSERT_EQ(std::count(part.begin(), part.end(), '\n'), 2 + 12);
  RunInputs others = inputs;
  for (int32_t& label : others.dataset.labels) label = (label + 1) % 7;
  const Error error = error_of([&] { run(others, o); });
  EXPECT_EQ(error.kind(), ErrorKind::resume) << error.what();
  EXPECT_EQ(read_text(o.path), part);

  const auto passes = std::make_shared<Passes>();
  run(inputs, o, counting({}, passes));
  EXPECT_EQ(passes->joined, 11);
  EXPECT_EQ(read_text(o.path), whole);
}

TEST_F(JoinedGoldenTest, StoppedItWritesNothing) {
  const RunInputs inputs = random_inputs(741);
  const RunOptions o = options();
  std::atomic<bool> stop{false};
  EngineHooks hooks;
  hooks.piece = [&](size_t, size_t) { stop = true; };
  RunTuning tuning = tuning_with(hooks, 0, plain_engine());
  tuning.engine.needs = plain().engine.needs;
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  callbacks.golden = [](const Tally&) { ADD_FAILURE() << "golden is not whole"; };
  const Error error = error_of([&] { run(inputs, o, tuning, callbacks); });
  EXPECT_EQ(error.kind(), ErrorKind::interrupted);
  EXPECT_THAT(error.what(), testing::HasSubstr("interrupted"));
  const std::string whole = whole_report(inputs);
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), whole);
}

TEST_F(JoinedGoldenTest, IsForOneShortBlockOfAnEngineThatRepeatsGolden) {
  CaseOptions c;
  c.images = 30;
  c.faults = 300;
  const RunInputs inputs = random_inputs(742, c);
  RunOptions o = options();
  o.tile = 1;
  const FaultList list = list_of(ResolvedFaultList(*inputs.list));
  std::vector<Session> sessions;  // that setups point to
  sessions.reserve(5);
  const auto setup_with = [&](const RunTuning& tuning) {
    sessions.push_back(make_session(model_of(inputs.graph, inputs.model_path, inputs.model_sha256),
                                    inputs.dataset, session_options(o), tuning));
    return set_up(sessions.back().state(), list, {.scores = o.scores, .check = o.check});
  };
  const tf_injector::detail::Setup setup = setup_with({});
  ASSERT_LT(setup.least_block, 300U);
  EXPECT_TRUE(joins_golden(setup, 1.0, setup.least_block));
  EXPECT_FALSE(joins_golden(setup, 1.0, 0));
  EXPECT_TRUE(joins_golden(setup, 1.0, 300)) << "more than a first block takes otherwise";
  EXPECT_TRUE(joins_golden(setup, 5.0, 200)) << "about two minutes";
  EXPECT_FALSE(joins_golden(setup, 6.0, 200)) << "longer";
  EXPECT_FALSE(joins_golden(setup_with(blocks_of(100)), 1.0, 200));
  RunTuning never;
  never.joins_golden = false;
  EXPECT_FALSE(joins_golden(setup_with(never), 1.0, 20));
  RunTuning once;
  once.engine = plain_engine();
  EXPECT_FALSE(joins_golden(setup_with(once), 1.0, 20)) << "it does not repeat golden";
  o.tile = 30;
  EXPECT_FALSE(joins_golden(setup_with({}), 0.001, 300)) << "a tile for two threads: faults are divided";
}

}  // namespace
}  // namespace tf_injector::detail::test
