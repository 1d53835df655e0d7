// Where what is done of a block cannot be kept (a full disk, somebody else's file) the run goes on, and says
// so.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "campaign/kept_work_fixture.hpp"
#include "support/file_size_limit.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

// The golden rows of this many images, which are kept, are larger than report and metadata together: files
// may grow to a size between them.
constexpr uint64_t kMostBytes = 8000;
CaseOptions more_images() {
  CaseOptions c;
  c.images = 400;
  return c;
}

class KeptWorkFailureTest : public KeptWorkTest {
 protected:
  [[nodiscard]] RunOptions one_thread() const {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.tile = 40;
    return o;
  }
  // Keeps what is done after every piece, and ends in the piece of this image. (How many images a piece has
  // depends on how fast the machine is.)
  bool run_to_image(const RunInputs& inputs, const RunOptions& options, const Way& way, int last) {
    std::atomic<bool> stop{false};
    EngineHooks hooks = way.hooks;
    hooks.spoil = [&](size_t, int image, std::span<float>) {
      if (image >= last) stop = true;
    };
    RunTuning tuning = tuning_with(hooks, way.block, way.engine);
    tuning.keep_seconds = 0;
    return is_stopped(inputs, options, tuning, stop);
  }
  // One warning: that this file cannot be written, and what a kill may cost.
  void expect_warning(const std::string& file, const std::string& cost) const {
    EXPECT_THAT(warnings_, ElementsAre(AllOf(HasSubstr("cannot write '" + path(file) +
                                                       "': File too large; the run goes on, but "),
                                             HasSubstr("a kill may cost " + cost))));
  }
};

TEST_F(KeptWorkFailureTest, WithoutRoomForTheWorkTheRunGoesOn) {
  const RunInputs inputs = random_inputs(970, more_images());
  const std::string expected = whole_report(inputs);
  const FileSizeLimit full(kMostBytes);
  run_to_end(inputs, one_thread(), {});
  expect_warning("r.run.part", "up to a block of work");
  EXPECT_EQ(read_text(path("r.csv")), expected);
  EXPECT_EQ(files_beside("r"), (std::set<std::string>{".csv", ".run.json"}));
}

TEST_F(KeptWorkFailureTest, WhatWasKeptWhileThereWasRoomIsGoneOnWith) {
  const RunInputs inputs = random_inputs(971, more_images());
  const std::string expected = whole_report(inputs);
  RunOptions o = one_thread();
  {
    const FileSizeLimit full(kMostBytes);
    ASSERT_TRUE(run_to_piece(inputs, o, {}, 9));
  }
  expect_warning("r.run.part", "up to a block of work");
  EXPECT_LE(fs::file_size(path("r.run.part")), kMostBytes);
  o.overwrite = false;
  run_to_end(inputs, o, {});
  EXPECT_EQ(taken_up(), 1);
  EXPECT_EQ(read_text(path("r.csv")), expected);
}

TEST_F(KeptWorkFailureTest, WithRoomAgainWorkIsKeptAgain) {
  const RunInputs inputs = random_inputs(972, more_images());
  FileSizeLimit full(kMostBytes);
  Way way;
  way.hooks.spoil = [&](size_t, int image, std::span<float>) {
    if (image >= 240) full.lift();
  };
  ASSERT_TRUE(run_to_piece(inputs, one_thread(), way, 9));
  expect_warning("r.run.part", "up to a block of work");
  EXPECT_GT(fs::file_size(path("r.run.part")), kMostBytes);
}

// What was lost of a block's scores is not kept as if it were all; the next block begins anew.
TEST_F(KeptWorkFailureTest, WithoutRoomForItsScoresNothingIsKeptOfTheBlock) {
  const RunInputs inputs = random_inputs(973, more_images());
  for (const ScoreMode scores : {ScoreMode::changed, ScoreMode::all}) {
    begin_anew();
    RunOptions o = one_thread(), whole = options("whole.csv");
    o.scores = whole.scores = scores;
    o.check = 0;  // the rows that a check would look at are many
    run(inputs, whole);
    Way way{.engine = plain_engine(), .block = 10};
    ASSERT_TRUE(run_to_image(inputs, o, way, 360));
    const uint64_t part = fs::file_size(path("r.run.part")), log = fs::file_size(path("r.run.part.scores"));
    const uint64_t most = std::max<uint64_t>(part, kMostBytes * 2) + 4000;  // more than a file of scores
    ASSERT_GT(log, most + 4000);
    {
      const FileSizeLimit full(most);
      warnings_.clear();
      ASSERT_TRUE(run_to_image(inputs, o, way, 360));
      expect_warning("r.run.part.scores", "up to a block of work");
      EXPECT_FALSE(has_work());
    }
    FileSizeLimit full(most);
    int blocks = 0;
    way.hooks.block = [&](size_t) {
      if (++blocks == 2) full.lift();
    };
    warnings_.clear();
    ASSERT_TRUE(run_to_piece(inputs, o, way, 15));
    expect_warning("r.run.part.scores", "up to a block of work");
    ASSERT_TRUE(has_work());
    o.overwrite = false;
    messages_.clear();
    run_to_end(inputs, o, {.engine = plain_engine(), .block = 10});
    EXPECT_EQ(taken_up(), 1);
    EXPECT_EQ(read_text(path("r.csv")), read_text(path("whole.csv")));
    expect_same_scores("r", "whole");
    EXPECT_EQ(files_beside("r"), files_beside("whole"));
  }
}

TEST_F(KeptWorkFailureTest, WithoutRoomForTheGoldenRunTheRunGoesOn) {
  const RunInputs inputs = random_inputs(974, more_images());
  const std::string expected = whole_report(inputs);
  const FileSizeLimit full(kMostBytes);
  int images = 0;
  EXPECT_FALSE(run_to_golden(inputs, one_thread(), 1 << 30, images));
  expect_warning("r.run.golden", "the run without a fault");
  EXPECT_EQ(read_text(path("r.csv")), expected);
}

TEST_F(KeptWorkFailureTest, AFileThatIsInTheWayIsSaidWhenARunBegins) {
  const RunInputs inputs = random_inputs(975);
  const std::string expected = whole_report(inputs);
  const auto warnings_with = [&](const std::string& file, ScoreMode scores) {
    begin_anew();
    write_atomic(path(file), "mine");
    RunOptions o = one_thread();
    o.scores = scores;
    warnings_.clear();
    run_to_end(inputs, o, {});
    EXPECT_EQ(read_text(path(file)), "mine");
    EXPECT_EQ(read_text(path("r.csv")), expected);
    return warnings_;
  };
  const auto says = [&](const std::string& file, const std::string& cost) {
    return ElementsAre(AllOf(HasSubstr("'" + path(file) + "' is not a file of this program"),
                             HasSubstr("a kill may cost " + cost), HasSubstr("move it away")));
  };
  const std::string block = "up to a block of work", golden = "the run without a fault";
  EXPECT_THAT(warnings_with("r.run.part", ScoreMode::none), says("r.run.part", block));
  EXPECT_THAT(warnings_with("r.run.part", ScoreMode::all), says("r.run.part", block));
  EXPECT_THAT(warnings_with("r.run.part.scores", ScoreMode::changed), says("r.run.part.scores", block));
  EXPECT_THAT(warnings_with("r.run.part.scores", ScoreMode::none), testing::IsEmpty());
  EXPECT_THAT(warnings_with("r.run.golden", ScoreMode::none), says("r.run.golden", golden));
}

}  // namespace
}  // namespace tf_injector::detail::test
