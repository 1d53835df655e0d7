// A run that is killed within a block: what was done of it is kept and taken up again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>

#include "campaign/campaign_fixture.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

class KeptWorkTest : public ReplayCampaignTest {
 protected:
  struct Way {  // how a run works
    EngineChoice engine = default_engine();
    size_t block = 0;
    EngineHooks hooks = {};
  };
  // Keeps what is done after every piece. Ends when this piece (from 0) begins: true; false: it is done.
  bool run_to_piece(const RunInputs& inputs, const RunOptions& options, const Way& way, int piece) {
    std::atomic<bool> stop{false};
    std::atomic<int> pieces{0};
    EngineHooks hooks = way.hooks;
    hooks.piece = [&](size_t, size_t) { stop = pieces++ >= piece; };
    RunTuning tuning = tuning_with(hooks, way.block, way.engine);
    tuning.keep_seconds = 0;
    CampaignCallbacks callbacks;
    callbacks.stop = &stop;
    callbacks.message = [this](const std::string& text) { messages_.push_back(text); };
    try {
      run(inputs, options, tuning, callbacks);
      return false;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::interrupted) throw;
      return true;
    }
  }
  void run_to_end(const RunInputs& inputs, const RunOptions& options, const Way& way) {
    EXPECT_FALSE(run_to_piece(inputs, options, way, 1 << 30));
  }
  [[nodiscard]] bool has_work() const { return file_exists(path("r.run.part")); }

  std::vector<std::string> messages_;
};

CaseOptions many_images() {
  CaseOptions c;
  c.images = 37;
  return c;
}

TEST_F(KeptWorkTest, KilledAtAnyPieceTheFilesComeOutTheSame) {
  std::mt19937 rng(1);
  int kills_of_all = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const RunInputs inputs = random_inputs(900 + seed, many_images());
    RunOptions o = options(), whole = options("whole.csv");
    o.overwrite = whole.overwrite = true;
    o.batch_size = whole.batch_size = seed % 3 == 0 ? 16 : 512;
    if (seed % 2 == 1) {
      o.details = whole.details = true;
      o.details_path = path("r.details.csv");
      whole.details_path = path("whole.details.csv");
    }
    run(inputs, whole);
    fs::remove(o.path);
    fs::remove(path("r.details.csv"));
    const size_t block = seed % 4 < 2 ? 0 : 7;  // one, with the golden run in it; or several
    bool is_on = true;
    for (int kills = 0; is_on; ++kills) {
      o.threads = 1 + static_cast<int>(rng() % 3);
      o.tile = 1 + static_cast<int>(rng() % 9);
      o.kernels = kills % 5 == 4 ? KernelSet::scalar : KernelSet::automatic;
      const EngineChoice engine = rng() % 4 == 0 ? plain_engine() : default_engine();
      is_on = run_to_piece(inputs, o, {engine, block}, static_cast<int>(2 + rng() % 10));
      o.overwrite = false;
      kills_of_all += is_on ? 1 : 0;
    }
    EXPECT_EQ(read_text(o.path), read_text(whole.path)) << seed;
    if (o.details) {
      EXPECT_EQ(read_text(o.details_path), read_text(whole.details_path)) << seed;
      EXPECT_EQ(metadata_of(path("r.run.json")).details.value().confusion,
                metadata_of(path("whole.run.json")).details.value().confusion);
    }
    EXPECT_FALSE(has_work());
  }
  const auto taken_up = std::count_if(messages_.begin(), messages_.end(), [](const std::string& text) {
    return text.find(" faults are done already") != std::string::npos;
  });
  EXPECT_GT(kills_of_all, 30);
  EXPECT_GT(2 * taken_up, kills_of_all);
}

TEST_F(KeptWorkTest, WhatIsDoneIsNotDoneAgain) {
  const RunInputs inputs = random_inputs(920, many_images());
  const std::string expected = whole_report(inputs);
  RunOptions o = options();
  o.threads = 1;
  Way way{.engine = plain_engine()};
  std::atomic<int> rows{0};  // the plain engine gives one for every pair
  way.hooks.times = [&](size_t, int) {
    ++rows;
    return size_t{1};
  };
  int kills = 0;
  for (bool is_on = true; is_on; kills += is_on ? 1 : 0) {
    o.tile = kills % 2 == 0 ? 5 : 3;
    is_on = run_to_piece(inputs, o, way, 2);
  }
  EXPECT_EQ(read_text(o.path), expected);
  EXPECT_GT(kills, 2);
  // Beside what counts, the tile of the fault at which each of them was stopped.
  EXPECT_LE(rows, 20 * 37 + kills * 5);
}

// The run that goes on checks rows that an earlier one found.
TEST_F(KeptWorkTest, RowsOfBeforeTheKillAreChecked) {
  CaseOptions c = many_images();
  c.faults = 12;
  const RunInputs inputs = random_inputs(921, c);
  const std::string expected = whole_report(inputs);
  for (const size_t block : {size_t{0}, size_t{12}}) {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.tile = 4;
    Way way{.engine = plain_engine(), .block = block};
    way.hooks.spoil = [](size_t fault, int, std::span<float> scores) {
      if (fault == 3) scores[0] += 1.0F;
    };
    ASSERT_TRUE(run_to_piece(inputs, o, way, 4));
    ASSERT_TRUE(has_work());
    way.hooks.spoil = nullptr;
    o.overwrite = false;
    const Error error = error_of([&] { run_to_end(inputs, o, way); });
    EXPECT_EQ(error.kind(), ErrorKind::self_check) << error.what();
    EXPECT_FALSE(has_work()) << "what is wrong is not taken up again";
    run_to_end(inputs, o, way);
    EXPECT_EQ(read_text(o.path), expected);
  }
}

TEST_F(KeptWorkTest, WorkThatIsDamagedOrOfAnotherRunIsLeftOut) {
  const RunInputs inputs = random_inputs(922, many_images());
  const std::string expected = whole_report(inputs), part = path("r.run.part");
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  ASSERT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
  const std::string work = read_text(part), report = read_text(o.path),
                    metadata = read_text(path("r.run.json"));
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    write_atomic(o.path, report);
    write_atomic(path("r.run.json"), metadata);
    write_atomic(part, bytes);
    messages_.clear();
    run_to_end(inputs, o, {});
    EXPECT_THAT(messages_, Contains(HasSubstr(what)));
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_FALSE(has_work());
  };
  expect(work, "are done already");
  const size_t title = work.find('\n') + 1;
  std::mt19937 rng(2);
  for (int round = 0; round < 20; ++round) {
    std::string changed = work;
    changed[title + rng() % (work.size() - title)] ^= static_cast<char>(1 << rng() % 8);
    expect(changed, "r.run.part: is damaged");
    expect(work.substr(0, title + rng() % (work.size() - title)), "r.run.part: is damaged");
  }

  RunOptions other = options("other.csv");  // of other settings
  other.threads = 1;
  other.tile = 4;
  other.limit = 36;
  ASSERT_TRUE(run_to_piece(inputs, other, {.block = 20}, 5));
  expect(read_text(path("other.run.part")), "is of another run, or of another block");

  fs::remove(o.path);
  ASSERT_TRUE(run_to_piece(inputs, o, {.block = 4}, 25));  // of a block that is done by now
  ASSERT_GT(parse_report(read_text(o.path), "r").rows.size(), 0U);
  write_atomic(part, work);
  messages_.clear();
  run_to_end(inputs, o, {});
  EXPECT_THAT(messages_, Contains(HasSubstr("is of another run, or of another block")));
  EXPECT_EQ(read_text(o.path), expected);
}

TEST_F(KeptWorkTest, AFileThatIsNoWorkIsLeftAloneAndWithoutItAllIsAsBefore) {
  const RunInputs inputs = random_inputs(923, many_images());
  const std::string expected = whole_report(inputs), part = path("r.run.part");
  const RunOptions o = options();
  write_atomic(part, "mine");
  ASSERT_TRUE(run_to_piece(inputs, o, {}, 2));
  run_to_end(inputs, o, {});
  EXPECT_EQ(read_text(part), "mine");
  EXPECT_EQ(read_text(o.path), expected);
}

// What is not kept: blocks whose scores are wanted.
TEST_F(KeptWorkTest, WithScoresOnlyWholeBlocksStay) {
  const RunInputs inputs = random_inputs(924, many_images());
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  o.scores = ScoreMode::changed;
  EXPECT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
  EXPECT_FALSE(has_work());
  run_to_end(inputs, o, {});
  EXPECT_EQ(read_text(o.path), whole_report(inputs));
}

TEST_F(KeptWorkTest, BegunAnewAReportTakesNothingUp) {
  const RunInputs inputs = random_inputs(925, many_images());
  const std::string expected = whole_report(inputs);
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  ASSERT_TRUE(run_to_piece(inputs, o, {}, 5));
  ASSERT_TRUE(has_work());
  messages_.clear();
  o.overwrite = true;
  run_to_end(inputs, o, {});
  EXPECT_THAT(messages_, testing::Not(Contains(HasSubstr("done already"))));
  EXPECT_EQ(read_text(o.path), expected);
  EXPECT_FALSE(has_work());
}

}  // namespace
}  // namespace tf_injector::detail::test
