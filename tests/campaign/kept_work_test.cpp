// A run that is killed within a block: what was done of it is kept and taken up again.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <random>
#include <utility>
#include <vector>

#include "campaign/kept_work_fixture.hpp"
#include "core/wall_clock.hpp"
#include "metrics/details_counter.hpp"
#include "report/work_file.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

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
  EXPECT_GT(kills_of_all, 30);
  EXPECT_GT(2 * taken_up(), kills_of_all);
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

// Bits are the same with all kernels. The scalar ones run golden before the faults: not once more what the
// block that joined both has of it.
TEST_F(KeptWorkTest, TheScalarKernelsGoOnWithAJoinedBlock) {
  const RunInputs inputs = random_inputs(933, many_images());
  const std::string expected = whole_report(inputs);
  for (const std::optional<int> check : {std::optional<int>(), std::optional<int>(4)}) {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.tile = 4;
    o.check = check;
    ASSERT_TRUE(run_to_piece(inputs, o, {}, 5));
    o.overwrite = false;
    o.kernels = KernelSet::scalar;
    int golden = 0, pairs = 0;
    Way way;
    way.hooks.spoil_golden = [&](std::span<float> scores) { golden += static_cast<int>(scores.size()) / 7; };
    way.hooks.times = [&](size_t, int) {
      ++pairs;
      return size_t{1};
    };
    run_to_end(inputs, o, way);
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_LT(pairs, 20 * 30);
    EXPECT_EQ(golden, pairs / 20 + 1) << "one image is computed again for each block";
  }
}

// They check nothing, as they are what is checked with: their rows were not kept for the check.
TEST_F(KeptWorkTest, WhatTheScalarKernelsDidIsDoneAgainWhereItIsChecked) {
  const RunInputs inputs = random_inputs(934, many_images());
  const std::string expected = whole_report(inputs);
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  o.kernels = KernelSet::scalar;
  ASSERT_TRUE(run_to_piece(inputs, o, {}, 5));
  o.kernels = KernelSet::automatic;
  messages_.clear();
  run_to_end(inputs, o, {});
  EXPECT_THAT(messages_, Contains(HasSubstr("it was done without this self-check")));
  EXPECT_EQ(read_text(o.path), expected);
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
    expect_said(inputs, o, {}, {{o.path, report}, {path("r.run.json"), metadata}, {part, bytes}}, what);
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

// Whoever changes the file may make its hash right: sums that no run gives are left out all the same.
TEST_F(KeptWorkTest, CountsThatCannotBeAreLeftOut) {
  constexpr size_t kHeadBytes = 88, kAreasAt = 72, kAreaBytes = 32, kHashBytes = 64;
  const RunInputs inputs = random_inputs(927, many_images());
  for (const bool has_details : {false, true}) {
    RunOptions o = options("r.csv"), whole = options("whole.csv");
    o.overwrite = whole.overwrite = true;
    o.details = whole.details = has_details;
    if (has_details) {
      o.details_path = path("r.details.csv");
      whole.details_path = path("whole.details.csv");
    }
    run(inputs, whole);
    o.threads = 1;
    o.tile = 4;
    ASSERT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
    o.overwrite = false;
    const std::string file = read_text(path("r.run.part")), report = read_text(o.path),
                      metadata = read_text(path("r.run.json")),
                      details = has_details ? read_text(o.details_path) : "";
    const size_t key_at = file.find('\n') + 1, key_end = file.find('\n', key_at);
    const std::string key = file.substr(key_at, key_end - key_at);
    const WorkFile part_file(WorkFile::Kind::block, path("r.run.json"));
    const KeptWork kept = part_file.read(key, [](const std::string& text) { FAIL() << text; });
    const std::string& work = kept.work;
    uint64_t areas = 0;
    std::memcpy(&areas, work.data() + kAreasAt, sizeof areas);
    const size_t tallies_at = kHeadBytes + areas * kAreaBytes + kHashBytes;
    const size_t details_at = tallies_at + 20 * sizeof(Tally);
    std::vector<size_t> places;
    for (size_t i = 0; i < sizeof(Tally) / sizeof(int64_t); ++i)
      places.push_back(tallies_at + i * sizeof(int64_t));
    constexpr int64_t kClasses = 7;  // of CaseOptions
    const size_t counts_at = details_at + sizeof(DetailCounts) + kClasses * sizeof(int32_t);
    if (has_details) places.insert(places.end(), {details_at, details_at + sizeof(DetailCounts), counts_at});
    for (const size_t place : places) {
      for (const int64_t wrong : {int64_t{38}, INT64_MIN}) {
        std::string changed = work;
        std::memcpy(changed.data() + place, &wrong, sizeof wrong);
        write_atomic(o.path, report);
        write_atomic(path("r.run.json"), metadata);
        if (has_details) write_atomic(o.details_path, details);
        part_file.write(key, kept.note, changed);
        messages_.clear();
        run_to_end(inputs, o, {});
        EXPECT_THAT(messages_, Contains(HasSubstr("does not fit this one"))) << place << " " << wrong;
        EXPECT_EQ(read_text(o.path), read_text(whole.path));
      }
    }
  }
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

// Also those of a run that checks every Nth fault in full, by another run that checks more or fewer, or in
// another way: it takes up what suits it.
TEST_F(KeptWorkTest, KilledAtAnyPieceTheScoresComeOutTheSame) {
  std::mt19937 rng(3);
  int kills_of_all = 0;
  for (unsigned seed = 0; seed < 12; ++seed) {
    const RunInputs inputs = random_inputs(940 + seed, many_images());
    RunOptions o = options(), whole = options("whole.csv");
    o.overwrite = whole.overwrite = true;
    constexpr ScoreMode kModes[] = {ScoreMode::none, ScoreMode::all, ScoreMode::changed, ScoreMode::one};
    o.scores = whole.scores = kModes[(seed + seed / 4) % 4];
    begin_anew();
    run(inputs, whole);
    const size_t block = seed % 4 < 2 ? 0 : 7;
    const bool checks = seed % 2 == 1 || o.scores == ScoreMode::none;
    bool is_on = true;
    for (int kills = 0; is_on; ++kills) {
      o.threads = 1 + static_cast<int>(rng() % 3);
      o.tile = 1 + static_cast<int>(rng() % 9);
      o.kernels = kills % 5 == 4 ? KernelSet::scalar : KernelSet::automatic;
      if (checks) o.check = rng() % 4 == 0 ? std::optional<int>() : static_cast<int>(1 + rng() % 4);
      const EngineChoice engine = rng() % 4 == 0 ? plain_engine() : default_engine();
      is_on = run_to_piece(inputs, o, {engine, block}, static_cast<int>(2 + rng() % 10));
      o.overwrite = false;
      kills_of_all += is_on ? 1 : 0;
      // An array has all its places from the start; those of rows that are not there hold nothing yet.
      if (is_on && o.scores != ScoreMode::one) expect_no_wrong_scores("r", "whole");
    }
    EXPECT_EQ(read_text(o.path), read_text(whole.path)) << seed;
    expect_same_scores("r", "whole");
    EXPECT_EQ(files_beside("r"), files_beside("whole"));
  }
  EXPECT_GT(kills_of_all, 30);
  EXPECT_GT(2 * taken_up(), kills_of_all);
}

// Whole processes that are killed at any instant, and leave what they have at that moment.
TEST_F(KeptWorkTest, ProcessesKilledAtAnyInstantLeaveWhatIsGoneOnWith) {
  std::mt19937 rng(6);
  for (unsigned seed = 0; seed < 8; ++seed) {
    const RunInputs inputs = random_inputs(960 + seed, many_images());
    RunOptions o = options(), whole = options("whole.csv");
    o.overwrite = whole.overwrite = true;
    o.scores = whole.scores = seed % 2 == 0 ? ScoreMode::all : ScoreMode::none;
    if (seed % 3 == 0) o.check = whole.check = 2;
    const size_t block = seed % 4 < 2 ? 0 : 7;
    begin_anew();
    const auto begin = Clock::now();
    run_to_end(inputs, whole, {.block = block});
    const auto longest = static_cast<unsigned>(1e6 * seconds_since(begin)) + 1;
    for (int kills = 0;
         kills < 6 && is_killed_after(inputs, o, block, static_cast<unsigned>(rng()) % longest); ++kills) {
      if (file_exists(path("r.run.json"))) o.overwrite = false;
      o.threads = 1 + static_cast<int>(rng() % 3);
      o.tile = 1 + static_cast<int>(rng() % 9);
      expect_no_wrong_scores("r", "whole");
    }
    if (file_exists(path("r.run.json"))) o.overwrite = false;
    run_to_end(inputs, o, {.block = block});
    EXPECT_EQ(read_text(o.path), read_text(whole.path)) << seed;
    expect_same_scores("r", "whole");
    EXPECT_EQ(files_beside("r"), files_beside("whole"));
  }
}

TEST_F(KeptWorkTest, WithScoresOrAFullCheckWhatIsDoneIsNotDoneAgain) {
  const RunInputs inputs = random_inputs(924, many_images());
  const std::string expected = whole_report(inputs);
  for (const ScoreMode scores : {ScoreMode::none, ScoreMode::changed, ScoreMode::all, ScoreMode::one}) {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.scores = scores;
    o.check = scores == ScoreMode::all ? std::optional<int>() : 3;
    Way way{.engine = plain_engine()};
    std::atomic<int> rows{0};
    way.hooks.times = [&](size_t, int) {
      ++rows;
      return size_t{1};
    };
    int kills = 0;
    for (bool is_on = true; is_on; kills += is_on ? 1 : 0) {
      ASSERT_LT(kills, 100) << "nothing is taken up";
      o.tile = kills % 2 == 0 ? 5 : 3;
      is_on = run_to_piece(inputs, o, way, 2);
      o.overwrite = false;
    }
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_GT(kills, 2);
    EXPECT_LE(rows, 20 * 37 + kills * 5);
    if (o.check) {
      const CheckTotals check = metadata_of(path("r.run.json")).check;
      EXPECT_EQ(check.faults, 7);
      EXPECT_EQ(check.pairs, 7 * 37);
    }
  }
}

TEST_F(KeptWorkTest, ScoresThatAreNotWhatWasKeptAreComputedAgain) {
  const RunInputs inputs = random_inputs(926, many_images());
  RunOptions o = options(), whole = options("whole.csv");
  o.threads = 1;
  o.tile = 4;
  o.scores = whole.scores = ScoreMode::changed;
  run(inputs, whole);
  ASSERT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
  const std::string part = path("r.run.part"), log = part + ".scores";
  const std::string work = read_text(part), scores = read_text(log), report = read_text(o.path),
                    metadata = read_text(path("r.run.json"));
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    write_atomic(o.path, report);
    write_atomic(path("r.run.json"), metadata);
    write_atomic(part, work);
    fs::remove(log);
    if (!bytes.empty()) write_atomic(log, bytes);
    messages_.clear();
    run_to_end(inputs, o, {.block = 20});
    EXPECT_THAT(messages_, Contains(HasSubstr(what)));
    EXPECT_EQ(read_text(o.path), read_text(whole.path));
    expect_same_scores("r", "whole");
    EXPECT_EQ(files_beside("r"), files_beside("whole"));
  };
  const std::string refused = "r.run.part: its scores are missing or were changed";
  expect(scores, "are done already");
  expect(scores + "what came behind it", "are done already");
  expect("", refused);
  expect(scores.substr(0, scores.size() - 1), refused);
  std::mt19937 rng(4);
  const size_t title = scores.find('\n') + 1;
  for (int round = 0; round < 20; ++round) {
    std::string changed = scores;
    changed[title + rng() % (scores.size() - title)] ^= static_cast<char>(1 << rng() % 8);
    expect(changed, refused);
  }
}

// A file of somebody else's in the place of the scores stays, and nothing is kept.
TEST_F(KeptWorkTest, WhereTheScoresCannotBeKeptNothingIs) {
  const RunInputs inputs = random_inputs(927, many_images());
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  o.scores = ScoreMode::all;
  write_atomic(path("r.run.part.scores"), "mine");
  ASSERT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
  EXPECT_FALSE(file_exists(path("r.run.part")));
  run_to_end(inputs, o, {.block = 20});
  EXPECT_EQ(read_text(path("r.run.part.scores")), "mine");
  EXPECT_EQ(read_text(o.path), whole_report(inputs));
}

TEST_F(KeptWorkTest, AFullCheckTakesUpOnlyWhatWasCheckedAsItChecks) {
  const RunInputs inputs = random_inputs(932, many_images());
  const std::string expected = whole_report(inputs);
  struct {
    std::optional<int> before, after;
    bool is_taken_up;
  } cases[] = {
      {std::nullopt, 1, false}, {0, 1, false}, {3, 6, true}, {3, 3, true}, {3, 2, false}, {2, 0, true},
      {2, std::nullopt, false}};
  for (const auto& [before, after, is_taken_up] : cases) {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.tile = 4;
    o.check = before;
    ASSERT_TRUE(run_to_piece(inputs, o, {.block = 20}, 5));
    o.overwrite = false;
    o.check = after;
    messages_.clear();
    run_to_end(inputs, o, {.block = 20});
    const auto given_up = Contains(HasSubstr("it was done without this self-check"));
    EXPECT_EQ(testing::Matches(given_up)(messages_), !is_taken_up)
        << before.value_or(-1) << after.value_or(-1);
    EXPECT_EQ(taken_up(), 1);
    EXPECT_EQ(read_text(o.path), expected);
  }
}

// What is kept was checked: a mistake is found at once, not by the run that goes on.
TEST_F(KeptWorkTest, AFullCheckSeesEveryPieceBeforeItCounts) {
  const RunInputs inputs = random_inputs(928, many_images());
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  o.check = 3;
  for (const size_t block : {size_t{0}, size_t{20}}) {
    o.overwrite = true;
    Way way{.engine = plain_engine(), .block = block};
    way.hooks.spoil = [](size_t fault, int image, std::span<float> scores) {
      if (fault == 6 && image == 1) scores[0] += 1.0F;
    };
    const Error error = error_of([&] { run_to_piece(inputs, o, way, 4); });
    EXPECT_EQ(error.kind(), ErrorKind::self_check) << error.what();
    EXPECT_FALSE(has_work());
  }
}

TEST_F(KeptWorkTest, AGoldenRunIsGoneOnWithAndIsNotDoneAgain) {
  RunInputs inputs = random_inputs(929, many_images());
  const std::string expected = whole_report(inputs);
  for (const std::optional<int> check : {std::optional<int>(), std::optional<int>(2)}) {
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 1;
    o.check = check;
    int images = 0, kills = 0;
    for (bool is_on = true; is_on; kills += is_on ? 1 : 0) {
      ASSERT_LT(kills, 100) << "nothing is taken up";
      o.tile = kills % 2 == 0 ? 5 : 3;
      is_on = run_to_golden(inputs, o, 2, images);
      o.overwrite = false;
    }
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_GT(kills, 3);
    // Beside what counts, the part at which each was stopped, and what is computed once more for each block.
    EXPECT_LE(images, 37 + 5 * kills + 20 / 7 + 1);
    EXPECT_FALSE(file_exists(path("r.run.golden")));
  }
}

TEST_F(KeptWorkTest, AGoldenRunThatIsDamagedOrOfAnotherRunIsDoneAgain) {
  const RunInputs inputs = random_inputs(930, many_images());
  const std::string expected = whole_report(inputs), golden = path("r.run.golden");
  RunOptions o = options();
  o.threads = 1;
  o.tile = 4;
  ASSERT_TRUE(run_to_piece(inputs, o, {.block = 7}, 12));
  const std::string kept = read_text(golden), report = read_text(o.path),
                    metadata = read_text(path("r.run.json")), work = read_text(path("r.run.part"));
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    expect_said(
        inputs, o, {.block = 7},
        {{o.path, report}, {path("r.run.json"), metadata}, {path("r.run.part"), work}, {golden, bytes}},
        what);
    EXPECT_EQ(read_text(o.path), expected);
    EXPECT_FALSE(file_exists(golden));
  };
  expect(kept, "100 % of the run without a fault is done already");
  const size_t title = kept.find('\n') + 1;
  std::mt19937 rng(5);
  for (int round = 0; round < 20; ++round) {
    std::string changed = kept;
    changed[title + rng() % (kept.size() - title)] ^= static_cast<char>(1 << rng() % 8);
    expect(changed, "r.run.golden: is damaged");
  }
  RunOptions other = options("other.csv");
  other.threads = 1;
  other.limit = 36;
  ASSERT_TRUE(run_to_piece(inputs, other, {.block = 7}, 12));
  expect(read_text(path("other.run.golden")), "r.run.golden: is of another run");
  o.check = 5;  // the golden run that was kept was not checked in full
  expect(kept, "does not fit this one: it is done again");
  o.check = std::nullopt;

  // Of a run that is done, and was killed before it removed what it kept.
  write_atomic(golden, kept);
  write_atomic(path("r.run.part"), work);
  run_to_end(inputs, o, {});
  EXPECT_FALSE(file_exists(golden));
  EXPECT_FALSE(has_work());
}

TEST_F(KeptWorkTest, AWrongGoldenRunIsNotTakenUpAgain) {
  const RunInputs inputs = random_inputs(931, many_images());
  RunOptions o = options();
  Way way{.engine = plain_engine(), .block = 7};
  way.hooks.spoil_golden = [](std::span<float> scores) { scores[0] += 1.0F; };
  const Error error = error_of([&] { run_to_piece(inputs, o, way, 1 << 30); });
  EXPECT_EQ(error.kind(), ErrorKind::self_check) << error.what();
  EXPECT_FALSE(file_exists(path("r.run.golden")));
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
