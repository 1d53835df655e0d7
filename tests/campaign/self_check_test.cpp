// --check: the plain evaluation beside the engine, and what happens when they differ.
#include <gmock/gmock.h>

#include <atomic>

#include "campaign/campaign_fixture.hpp"
#include "core/bits.hpp"

namespace tf_injector::test {
namespace {

using testing::HasSubstr;

// One fault a block: its number is the fault's place in the list.
constexpr size_t kOneFault = 1;

class SelfCheckTest : public CampaignTest {
 protected:
  // An engine that is wrong in the lowest bit of one score of the fault at this place.
  static RunTuning wrong_at(size_t place) {
    auto block = std::make_shared<std::atomic<size_t>>(0);
    EngineHooks hooks;
    hooks.block = [block](size_t) { ++*block; };
    hooks.spoil = [block, place](size_t, int image, std::span<float> scores) {
      if (*block == place + 1 && image == 0) scores[3] = bits_float(float_bits(scores[3]) ^ 1U);
    };
    return tuning_with(hooks, kOneFault);
  }
  [[nodiscard]] CampaignOptions checking(int every) const {
    CampaignOptions o = options();
    o.check = every;
    o.threads = 1;
    o.tile = 4;
    return o;
  }
};

TEST_F(SelfCheckTest, ReplayPassesOnAnyNetworkAndTheReportIsTheSame) {
  for (unsigned seed = 40; seed < 48; ++seed) {
    const CampaignInputs inputs = random_inputs(seed);
    const std::string whole = whole_report(inputs);
    for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed}) {
      CampaignOptions o = options();
      o.check = 1;
      o.scores = scores;
      o.overwrite = true;
      std::vector<std::string> said;
      CampaignCallbacks callbacks;
      callbacks.message = [&](const std::string& line) { said.push_back(line); };
      run(inputs, o, {}, callbacks);
      EXPECT_EQ(read_text(o.report_path), whole) << "seed " << seed;
      EXPECT_THAT(said, testing::Contains("self-check: 20 faults are equal in every bit"));
    }
    fs::remove_all(path("whole"));
  }
}

TEST_F(SelfCheckTest, AWrongScoreEndsTheRunAndItsBlockIsNotWritten) {
  const CampaignInputs inputs = random_inputs(50);
  const std::string whole = whole_report(inputs);
  const CampaignOptions o = checking(1);
  const Error error = error_of([&] { run(inputs, o, wrong_at(5)); });
  EXPECT_EQ(error.kind(), ErrorKind::self_check);
  EXPECT_EQ(error.exit_code(), 7);
  const Fault& fault = inputs.list->faults[5].fault;
  EXPECT_THAT(error.what(), HasSubstr("self-check failed: fault " + std::to_string(fault.injection) + " (" +
                                      fault.layer + ", " + format_index(fault.index)));
  EXPECT_THAT(error.what(), testing::ContainsRegex("image [048], class 3: found 0x[0-9A-F]{8} "));
  EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
  const std::string written = read_text(o.report_path);
  EXPECT_EQ(std::count(written.begin(), written.end(), '\n'), 2 + 5);
  EXPECT_EQ(written, whole.substr(0, written.size()));

  run(inputs, o);  // the engine is right again: the run goes on
  EXPECT_EQ(read_text(o.report_path), whole);
}

TEST_F(SelfCheckTest, TakesEveryNthByPlaceFromTheFirstOn) {
  const CampaignInputs inputs = random_inputs(51);
  for (const size_t place : {0U, 3U, 18U}) {
    CampaignOptions o = checking(3);
    o.overwrite = true;
    EXPECT_EQ(error_of([&] { run(inputs, o, wrong_at(place)); }).kind(), ErrorKind::self_check) << place;
  }
  for (const size_t place : {1U, 2U, 19U}) {
    CampaignOptions o = checking(3);
    o.overwrite = true;
    EXPECT_EQ(run(inputs, o, wrong_at(place)).outcome, CampaignOutcome::done) << place;
  }
  CampaignOptions unchecked = checking(0);
  unchecked.overwrite = true;
  EXPECT_EQ(run(inputs, unchecked, wrong_at(0)).outcome, CampaignOutcome::done);
}

TEST_F(SelfCheckTest, AWrongGoldenRunIsFoundBeforeARowIsWritten) {
  EngineHooks hooks;
  hooks.spoil_golden = [](std::span<float> scores) {
    scores.back() = bits_float(float_bits(scores.back()) ^ 1U);
  };
  const CampaignOptions o = checking(1000);
  const Error error = error_of([&] { run(random_inputs(52), o, tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::self_check);
  EXPECT_THAT(error.what(), HasSubstr("the golden run, image 3, class 6: found "));
  EXPECT_EQ(file_exists(o.report_path) ? read_text(o.report_path) : "", "");
}

TEST_F(SelfCheckTest, CountsAsMemory) {
  const CampaignInputs inputs = random_inputs(53);
  CampaignOptions o = checking(0);
  o.dry_run = true;
  const uint64_t without = run(inputs, o).estimated_memory_bytes;
  o.check = 1;
  EXPECT_GT(run(inputs, o).estimated_memory_bytes, without + 20U * 11 * 7 * sizeof(float));
}

}  // namespace
}  // namespace tf_injector::test
