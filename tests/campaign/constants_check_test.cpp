// What never changes during a run is compared before rows are written: a weight, an image, a fault or a
// golden score that changes in memory ends the run, and the report goes on later as if nothing had been.
#include "session/check/constants_check.hpp"

#include <gmock/gmock.h>

#include "campaign/campaign_fixture.hpp"
#include "engine/const_engine_arrays.hpp"
#include "kernels/const_arrays.hpp"
#include "session/list_data.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

// Turns a bit of one of the arrays that it is shown: what bad memory does.
class BitTurner {
 public:
  // Of the array of this number, in the order of the visits; empty ones do not count.
  explicit BitTurner(size_t array) : left_(array) {}
  void operator()(std::span<const std::byte> array) {
    if (array.empty() || is_done_ || left_-- > 0) return;
    auto* bytes = const_cast<std::byte*>(array.data());  // on the heap, and not const there
    turned_ = bytes + array.size() / 2;
    *turned_ ^= std::byte{1};
    is_done_ = true;
  }
  void turn_back() const { *turned_ ^= std::byte{1}; }
  [[nodiscard]] bool is_done() const noexcept { return is_done_; }

 private:
  size_t left_;
  std::byte* turned_ = nullptr;
  bool is_done_ = false;
};

template <typename Array>
void turn_bit(const Array& array) {
  BitTurner turner(0);
  visit_array(std::ref(turner), array);
  ASSERT_TRUE(turner.is_done());
}

// Calls `spoil` when golden is done, or behind the first block, and counts the rows that it is given.
class SpoilingSink final : public ReportSink {
 public:
  using Spoil = std::function<void(std::span<const float> golden)>;
  explicit SpoilingSink(
      Spoil at_begin, Spoil behind_a_block = [](auto) {})
      : at_begin_(std::move(at_begin)), behind_a_block_(std::move(behind_a_block)) {}
  void begin(const Tally&, std::span<const float> scores) override {
    golden_ = scores;
    at_begin_(scores);
  }
  void append(const RowBlock& block, const Spent&) override {
    if (rows == 0) behind_a_block_(golden_);
    rows += block.faults.size();
  }
  void finish(const Spent&) override { is_finished = true; }

  size_t rows = 0;
  bool is_finished = false;

 private:
  Spoil at_begin_, behind_a_block_;
  std::span<const float> golden_;
};

// A session, and campaigns on it in blocks of five faults.
struct Prepared {
  explicit Prepared(RunInputs inputs, const EngineChoice& engine = default_engine(), bool joined = false)
      : list(list_of(std::move(*inputs.list))),
        session(make_session(model_of(std::move(inputs.graph), "m", ""), std::move(inputs.dataset),
                             {.threads = 2}, tuning(engine, joined))) {}
  RunTuning tuning(const EngineChoice& engine, bool joined) {
    RunTuning tuning;
    tuning.joins_golden = joined;
    if (!joined) tuning.most_faults_per_block = 5;
    tuning.engine.needs = engine.needs;
    tuning.engine.make = [this, make = engine.make](const Plan& plan, const EngineLayout& layout) {
      auto made = make(plan, layout);
      arrays = dynamic_cast<const ConstEngineArrays*>(made.get());
      return made;
    };
    return tuning;
  }
  const ConstEngineArrays* arrays = nullptr;  // of the engine that runs
  FaultList list;
  Session session;
};

class ConstantsCheckTest : public CampaignTest {
 protected:
  // The first block of five faults was good and is there, the second is not, and the run does not finish.
  static void expect_found(Prepared& of, const SpoilingSink::Spoil& spoil, const std::string& what) {
    const Campaign campaign(of.session, of.list);
    SpoilingSink sink([](auto) {}, spoil);
    const Error error = error_of([&] { campaign.run(sink); });
    EXPECT_EQ(error.exit_code(), 7) << error.what();
    EXPECT_THAT(error.what(), testing::ContainsRegex("self-check failed: " + what));
    EXPECT_THAT(error.what(), HasSubstr("memory test"));
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_EQ(sink.rows, 5U);
    EXPECT_FALSE(sink.is_finished);
  }
};

// Nothing is computed with what is changed: tables that say where to write would be changed, too.
TEST_F(ConstantsCheckTest, AnyArrayOfAnyKernelOrOfReplayThatChangesIsFound) {
  for (const NamedEngine& named : both_engines()) {
    SCOPED_TRACE(named.name);
    for (unsigned seed = 60; seed < 64; ++seed) {
      Prepared of(random_inputs(seed), named.engine);
      const detail::Setup setup = set_up(of.session.state(), of.list, {});
      const std::unique_ptr<Engine> engine = setup.make_engine();
      const GoldenRun golden = run_golden(setup, *engine, {});
      ConstantsCheck check(setup, *engine);
      check.begin(golden);
      size_t array = 0;
      for (;; ++array) {
        BitTurner turner(array);
        for (const PlanStep& step : setup.plan().parts().steps)
          if (const auto* arrays = dynamic_cast<const ConstArrays*>(step.kernel.get()))
            arrays->visit_arrays(std::ref(turner));
        const bool is_of_kernel = turner.is_done();
        if (of.arrays != nullptr)
          of.arrays->visit_arrays([&](size_t, std::span<const std::byte> bytes) { turner(bytes); });
        if (!turner.is_done()) break;
        const Error error = error_of([&] { check.check(golden, ListIndex(0), 5); });
        EXPECT_THAT(error.what(),
                    testing::ContainsRegex(std::string("self-check failed: ") +
                                           (is_of_kernel ? "the weights" : "what replay keeps") +
                                           " of step [0-9]+ \\(.*\\) changed while the run lasted"));
        turner.turn_back();
        check.check(golden, ListIndex(0), 5);
      }
      EXPECT_GT(array, of.arrays != nullptr ? 20U : 10U);
    }
  }
}

TEST_F(ConstantsCheckTest, AnImageALabelAFaultOrAGoldenScoreThatChangesEndsTheRun) {
  Prepared of(random_inputs(62));
  const Session::State& state = of.session.state();
  const ResolvedFaultList& list = of.list.data()->list;
  std::vector<Fault> faults = FaultRows(list.faults).faults();
  faults[7].id ^= 1;
  FaultTable other_id(faults);
  faults[7].id ^= 1;
  faults[7].parts[0].index[0] ^= 1;
  FaultTable other_index(faults);
  const std::vector<std::pair<const char*, SpoilingSink::Spoil>> cases = {
      {"the images changed", [&](auto) { turn_bit(state.feed.dataset().inputs[0].floats.span()); }},
      {"the labels changed", [&](auto) { turn_bit(state.feed.dataset().labels); }},
      {"the fault list changed",
       [&](auto) { turn_bit(std::span(const_cast<uint32_t*>(&list.patches[7].front().new_bits), 1)); }},
      {"the fault list changed", [&](auto) { std::swap(const_cast<FaultTable&>(list.faults), other_id); }},
      {"the fault list changed", [&](auto) { std::swap(const_cast<FaultTable&>(list.faults), other_index); }},
      {"the golden run.s scores changed", [&](std::span<const float> golden) { turn_bit(golden); }},
  };
  for (const auto& [what, spoil] : cases) {
    expect_found(of, spoil, what);
    if (!std::string(what).starts_with("the golden run")) spoil({});  // and back
    SpoilingSink whole([](auto) {});
    Campaign(of.session, of.list).run(whole);
    EXPECT_TRUE(whole.is_finished) << what;
  }
}

TEST_F(ConstantsCheckTest, TheReportStaysUnfinishedAndGoesOnWhenMemoryIsGood) {
  const RunInputs inputs = random_inputs(63);
  const std::string whole = whole_report(inputs);
  const RunOptions o = options();
  RunTuning tuning = blocks_of(5);
  tuning.joins_golden = false;
  const Plan* plan = nullptr;
  tuning.engine.make = [&plan, make = tuning.engine.make](const Plan& of, const EngineLayout& layout) {
    plan = &of;
    return make(of, layout);
  };
  int blocks = 0;
  EngineHooks hooks;
  hooks.block = [&](size_t) {
    if (++blocks != 3) return;
    BitTurner turner(0);
    for (const PlanStep& step : plan->parts().steps)
      if (const auto* arrays = dynamic_cast<const ConstArrays*>(step.kernel.get()))
        arrays->visit_arrays(std::ref(turner));
  };
  EngineChoice engine = default_engine();
  engine.make = tuning.engine.make;
  RunTuning watched = tuning_with(hooks, 5, engine);
  watched.joins_golden = false;
  const Error error = error_of([&] { run(inputs, o, watched); });
  EXPECT_EQ(error.exit_code(), 7);
  const std::string written = read_text(o.path);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2 + 10);
  EXPECT_EQ(written, whole.substr(0, written.size()));
  EXPECT_FALSE(metadata_of(path("r.run.json")).finished);
  run(inputs, o);
  EXPECT_EQ(read_text(o.path), whole);
  EXPECT_TRUE(metadata_of(path("r.run.json")).finished);
}

TEST_F(ConstantsCheckTest, IsOffWhereNothingIsToBeChecked) {
  Prepared of(random_inputs(64));
  SpoilingSink sink([](auto) {}, [&](auto) { turn_bit(of.session.state().feed.dataset().labels); });
  Campaign(of.session, of.list, {.check = 0}).run(sink);
  EXPECT_TRUE(sink.is_finished);
}

// Every array that holds weights is seen: no kernel forgets one.
TEST_F(ConstantsCheckTest, SeesAsManyBytesAsTheWeightsTake) {
  size_t kernels = 0;
  for (unsigned seed = 64; seed < 72; ++seed) {
    for (const KernelSet set : available_kernel_sets()) {
      const RunInputs inputs = random_inputs(seed);
      const Plan plan = Plan::compile(inputs.graph, {.kernels = set});
      for (const PlanStep& step : plan.parts().steps) {
        if (step.kernel->weight_bytes() == 0) continue;
        const auto* arrays = dynamic_cast<const ConstArrays*>(step.kernel.get());
        ASSERT_NE(arrays, nullptr) << step.kernel->name();
        size_t bytes = 0;
        arrays->visit_arrays([&](std::span<const std::byte> array) { bytes += array.size(); });
        EXPECT_GE(bytes, step.kernel->weight_bytes()) << seed << " " << step.kernel->name();
        ++kernels;
      }
    }
  }
  EXPECT_GT(kernels, 20U);
}

}  // namespace
}  // namespace tf_injector::detail::test
