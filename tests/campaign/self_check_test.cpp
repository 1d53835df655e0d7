// --check: the plain evaluation beside the engine, and what happens when they differ.
#include <gmock/gmock.h>

#include <atomic>

#include "campaign/campaign_fixture.hpp"
#include "core/bits.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

// One fault a block: its number is the fault's place in the list.
constexpr size_t kOneFault = 1;

class SelfCheckTest : public CampaignTest {
 protected:
  // An engine that is wrong in the lowest bit of one score of the fault at this place.
  static RunTuning wrong_at(size_t place, const EngineChoice& engine = default_engine()) {
    auto block = std::make_shared<std::atomic<size_t>>(0);
    EngineHooks hooks;
    hooks.block = [block](size_t) { ++*block; };
    hooks.spoil = [block, place](size_t, int image, std::span<float> scores) {
      if (*block == place + 1 && image == 0) scores[3] = bits_float(float_bits(scores[3]) ^ 1U);
    };
    return tuning_with(hooks, kOneFault, engine);
  }
  [[nodiscard]] RunOptions checking(int every) const {
    RunOptions o = options();
    o.check = every;
    o.threads = 1;
    o.tile = 4;
    return o;
  }
};

TEST_F(SelfCheckTest, ReplayPassesOnAnyNetworkAndTheReportIsTheSame) {
  for (unsigned seed = 40; seed < 48; ++seed) {
    const RunInputs inputs = random_inputs(seed);
    const std::string whole = whole_report(inputs);
    for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed}) {
      RunOptions o = options();
      o.check = 1;
      o.scores = scores;
      o.overwrite = true;
      std::vector<std::string> said;
      CampaignCallbacks callbacks;
      callbacks.message = [&](const std::string& line) { said.push_back(line); };
      run(inputs, o, {}, callbacks);
      EXPECT_EQ(read_text(o.path), whole) << "seed " << seed;
      EXPECT_THAT(said,
                  testing::Contains(HasSubstr("self-check: 220 pairs of a fault and an image (20 faults) "
                                              "and 11 images without a fault: equal in every bit")));
    }
    fs::remove_all(path("whole"));
  }
}

TEST_F(SelfCheckTest, AWrongScoreEndsTheRunAndItsBlockIsNotWritten) {
  const RunInputs inputs = random_inputs(50);
  const std::string whole = whole_report(inputs);
  RunOptions o = checking(1);
  o.overwrite = true;
  for (const NamedEngine& engine : both_engines()) {
    SCOPED_TRACE(engine.name);
    const Error error = error_of([&] { run(inputs, o, wrong_at(5, engine.engine)); });
    EXPECT_EQ(error.kind(), ErrorKind::self_check);
    EXPECT_EQ(error.exit_code(), 7);
    const Fault& fault = inputs.list->faults[5];
    EXPECT_THAT(error.what(), HasSubstr("self-check failed: fault " + std::to_string(fault.id) + " (" +
                                        fault.parts[0].layer + ", " + format_index(fault.parts[0].index)));
    EXPECT_THAT(error.what(), testing::ContainsRegex("image [048], class 3: found 0x[0-9A-F]{8} "));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    const std::string written = read_text(o.path);
    EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2 + 5);
    EXPECT_EQ(written, whole.substr(0, written.size()));

    RunOptions again = o;
    again.overwrite = false;
    run(inputs, again);  // the engine is right again: the run goes on
    EXPECT_EQ(read_text(o.path), whole);
  }
}

TEST_F(SelfCheckTest, TakesEveryNthByPlaceFromTheFirstOn) {
  const RunInputs inputs = random_inputs(51);
  for (const size_t place : {0U, 3U, 18U}) {
    RunOptions o = checking(3);
    o.overwrite = true;
    EXPECT_EQ(error_of([&] { run(inputs, o, wrong_at(place)); }).kind(), ErrorKind::self_check) << place;
  }
  for (const size_t place : {1U, 2U, 19U}) {
    RunOptions o = checking(3);
    o.overwrite = true;
    EXPECT_EQ(run(inputs, o, wrong_at(place)).outcome, RunOutcome::done) << place;
  }
  RunOptions unchecked = checking(0);
  unchecked.overwrite = true;
  EXPECT_EQ(run(inputs, unchecked, wrong_at(0)).outcome, RunOutcome::done);
}

TEST_F(SelfCheckTest, AWrongGoldenRunIsFoundBeforeARowIsWritten) {
  EngineHooks hooks;
  hooks.spoil_golden = [](std::span<float> scores) {
    scores.back() = bits_float(float_bits(scores.back()) ^ 1U);
  };
  const RunOptions o = checking(1000);
  const Error error = error_of([&] { run(random_inputs(52), o, tuning_with(hooks, 0, plain_engine())); });
  EXPECT_EQ(error.kind(), ErrorKind::self_check);
  EXPECT_THAT(error.what(), HasSubstr("the golden run, image 0, class 6: found "));  // a first part, alone
  EXPECT_EQ(file_exists(o.path) ? read_text(o.path) : "", "");
}

TEST_F(SelfCheckTest, CountsAsMemory) {
  const RunInputs inputs = random_inputs(53);
  RunOptions o = checking(0);
  o.dry_run = true;
  const uint64_t without = run(inputs, o).estimated_memory_bytes;
  o.check = 1;
  EXPECT_GT(run(inputs, o).estimated_memory_bytes, without + 20U * 11 * 7 * sizeof(float));
}

// Without --check: some pairs of every block; of campaigns as small as these, all.
class SampledCheckTest : public ReplayCampaignTest {
 protected:
  static EngineHooks wrong_in(size_t fault, int image) {
    EngineHooks hooks;
    hooks.spoil = [=](size_t f, int i, std::span<float> scores) {
      if (f == fault && i == image) scores[3] = bits_float(float_bits(scores[3]) ^ 1U);
    };
    return hooks;
  }
  // Makes class 0 NaN on every image: a row that equals the golden run's need not be given, and cannot be
  // spoilt.
  static void show_everywhere(RunInputs& inputs, std::initializer_list<size_t> faults) {
    const size_t last_kernel = inputs.graph.weights.size() - 2;
    for (const size_t fault : faults)
      inputs.list->patches.all()[fault] = {
          .weight = static_cast<WeightId>(last_kernel),
          .element = 0,
          .old_bits = float_bits(inputs.graph.weights[last_kernel].values[0]),
          .new_bits = kCanonicalNan};
  }
  [[nodiscard]] RunOptions one_tile() const {
    RunOptions o = options();
    o.threads = 1;
    o.tile = 11;
    o.overwrite = true;
    return o;
  }
  // The run without a fault in one pass with the faults, or before them.
  static RunTuning joined(RunTuning tuning, bool is_joined) {
    tuning.engine.needs = [is_joined, of = tuning.engine.needs](const Plan& plan, PatchRows faults) {
      EngineNeeds needs = of(plan, faults);
      needs.repeats_golden = is_joined;
      return needs;
    };
    return tuning;
  }
  static CheckTotals totals_of(const RunOptions& o) {
    return metadata_of(fs::path(o.path).replace_extension(".run.json").string()).check;
  }
};

TEST_F(SampledCheckTest, ReplayPassesAndTheMetadataSayWhatWasCompared) {
  for (unsigned seed = 60; seed < 66; ++seed) {
    const RunInputs inputs = random_inputs(seed);
    for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed}) {
      RunOptions o = options();
      o.overwrite = true;
      o.scores = scores;
      run(inputs, o);
      const CheckTotals check = totals_of(o);
      EXPECT_EQ(check.faults, 20);
      EXPECT_EQ(check.pairs, 20 * 11);
      EXPECT_EQ(check.golden_images, 11);
      EXPECT_EQ(check.constants, 1);  // blocks
      EXPECT_EQ(check.golden_again, 1);
      EXPECT_GT(check.seconds, 0);
    }
  }
}

TEST_F(SampledCheckTest, AnyWrongPairOfASmallCampaignIsFound) {
  RunInputs inputs = random_inputs(70);
  show_everywhere(inputs, {0, 7, 19});
  for (const auto& [fault, image] : {std::pair(0, 0), std::pair(7, 10), std::pair(19, 5)}) {
    for (const NamedEngine& engine : both_engines()) {
      for (const bool is_joined : {false, true}) {
        SCOPED_TRACE(engine.name);
        EngineHooks hooks = wrong_in(static_cast<size_t>(fault), image);
        hooks.only_changed_rows = is_joined;
        const RunTuning tuning = joined(tuning_with(hooks, 0, engine.engine), is_joined);
        const Error error = error_of([&] { run(inputs, one_tile(), tuning); });
        EXPECT_EQ(error.kind(), ErrorKind::self_check);
        EXPECT_THAT(error.what(),
                    HasSubstr("self-check failed: fault " +
                              std::to_string(inputs.list->faults[static_cast<size_t>(fault)].id)));
        EXPECT_THAT(error.what(), HasSubstr("image " + std::to_string(image) + ", class 3: found 0x"));
      }
    }
  }
}

TEST_F(SampledCheckTest, RowsThatWereLeftOutOrGivenTwiceAreFound) {
  RunInputs inputs = random_inputs(71);
  show_everywhere(inputs, {3});
  for (const NamedEngine& engine : both_engines()) {
    for (const size_t times : {0U, 2U}) {
      EngineHooks hooks;
      size_t given = 0;
      hooks.times = [&](size_t fault, int image) {
        return fault == 3 && image == 4 ? (given += 1, times) : size_t{1};
      };
      const Error error = error_of([&] { run(inputs, one_tile(), tuning_with(hooks, 0, engine.engine)); });
      EXPECT_EQ(error.kind(), ErrorKind::self_check) << engine.name << times << error.what();
      EXPECT_EQ(given, 1U);
    }
  }
}

TEST_F(SampledCheckTest, GoldenIsCheckedWithAndWithoutAList) {
  RunInputs inputs = random_inputs(72);
  EngineHooks hooks;
  hooks.spoil_golden = [](std::span<float> scores) {
    scores.back() = bits_float(float_bits(scores.back()) ^ 1U);
  };
  for (const bool is_joined : {false, true}) {
    const RunTuning tuning = joined(tuning_with(hooks, 0, plain_engine()), is_joined);
    const Error error = error_of([&] { run(inputs, one_tile(), tuning); });
    EXPECT_THAT(error.what(), HasSubstr("the golden run, image 10, class 6: found "));
  }
  inputs.list.reset();
  RunOptions o = one_tile();
  o.path = "";
  EXPECT_EQ(error_of([&] { run(inputs, o, tuning_with(hooks, 0, plain_engine())); }).kind(),
            ErrorKind::self_check);
  o.check = 0;
  EXPECT_EQ(run(inputs, o, tuning_with(hooks, 0, plain_engine())).outcome, RunOutcome::golden_only);
}

TEST_F(SampledCheckTest, WhatWasComparedAddsUpOverRunsThatGoOn) {
  const RunInputs inputs = random_inputs(73);
  const RunOptions o = options();
  run_until_block(inputs, o, 2, 4);
  const CheckTotals first = totals_of(o);
  EXPECT_EQ(first.pairs, 2 * 4 * 11);
  EXPECT_EQ(first.golden_images, 11);
  EXPECT_EQ(first.constants, 2);
  run(inputs, o, blocks_of(4));
  const CheckTotals both = totals_of(o);
  EXPECT_EQ(both.faults, 20);
  EXPECT_EQ(both.pairs, 20 * 11);
  EXPECT_EQ(both.golden_images, 2 * 11);
  EXPECT_EQ(both.constants, 5);
  EXPECT_EQ(both.golden_again, 5);
  EXPECT_GT(both.seconds, first.seconds);
}

TEST_F(SampledCheckTest, TheScalarReferenceIsNotComparedWithItself) {
  RunOptions o = options();
  o.kernels = KernelSet::scalar;
  std::vector<std::string> said;
  CampaignCallbacks callbacks;
  callbacks.message = [&](const std::string& line) { said.push_back(line); };
  run(random_inputs(74), o, {}, callbacks);
  EXPECT_EQ(totals_of(o).pairs, 0);
  EXPECT_THAT(said, testing::Contains(HasSubstr("self-check: none; `kernels` scalar")));
}

TEST_F(SampledCheckTest, CountsAsMemory) {
  const RunInputs inputs = random_inputs(75);
  RunOptions o = options();
  o.dry_run = true;
  const uint64_t with = run(inputs, o).estimated_memory_bytes;
  o.check = 0;
  EXPECT_GT(with, run(inputs, o).estimated_memory_bytes + 20U * 11 * 7 * sizeof(float));
}

TEST_F(SampledCheckTest, CanBeStopped) {
  std::atomic<bool> stop{false};
  CampaignCallbacks callbacks;
  callbacks.stop = &stop;
  EngineHooks hooks = wrong_in(19, 10);  // were it checked, it would be found
  hooks.spoil = [&, spoil = hooks.spoil](size_t fault, int image, std::span<float> scores) {
    spoil(fault, image, scores);
    if (fault == 19 && image == 10) stop = true;
  };
  RunInputs inputs = random_inputs(76);
  show_everywhere(inputs, {19});
  const Error error = error_of([&] { run(inputs, one_tile(), tuning_with(hooks), callbacks); });
  EXPECT_EQ(error.kind(), ErrorKind::interrupted);
}

}  // namespace
}  // namespace tf_injector::detail::test
