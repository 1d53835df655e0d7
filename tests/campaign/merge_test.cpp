// Reports of shards, merged in any order, are the report of one run; what is no whole is refused by name.
#include "tf_injector/merge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>

#include "campaign/campaign_fixture.hpp"
#include "fault/shard_rows.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class MergeTest : public CampaignTest {
 protected:
  [[nodiscard]] RunOptions with_all(const std::string& name) const {
    RunOptions o = options(name + ".csv");
    o.scores = scores_;
    o.details = true;
    o.details_path = path(name + ".details.csv");
    return o;
  }
  std::string run_shard(const RunInputs& inputs, Shard shard, const std::string& name = "") {
    RunOptions o = with_all(name.empty() ? fmt_name(shard) : name);
    o.shard = shard;
    run(inputs, o);
    return o.path;
  }
  std::vector<std::string> run_shards(const RunInputs& inputs, int64_t of) {
    std::vector<std::string> reports;
    for (int64_t i = 0; i < of; ++i) reports.push_back(run_shard(inputs, {i, of}));
    return reports;
  }
  static std::string fmt_name(Shard shard) {
    return "s" + std::to_string(shard.index) + "of" + std::to_string(shard.of);
  }
  [[nodiscard]] MergeOptions into(const std::string& name) const { return {.path = path(name)}; }
  // Report, details and scores.
  [[nodiscard]] std::vector<std::string> files_of(const std::string& name) const {
    std::vector<std::string> files{read_text(path(name + ".csv")), read_text(path(name + ".details.csv"))};
    std::map<std::string, std::string> scores;
    for (const auto& entry : fs::directory_iterator(path(name)))
      scores[entry.path().filename().string()] = read_text(entry.path().string());
    for (const auto& [file, bytes] : scores) files.push_back(file + bytes);
    return files;
  }
  std::string refusal(const std::vector<std::string>& shards) {
    const Error error = error_of([&] { merge_reports(shards, into("never.csv")); });
    EXPECT_EQ(error.kind(), ErrorKind::resume) << error.what();
    EXPECT_FALSE(fs::exists(path("never.csv"))) << "a refusal writes nothing";
    EXPECT_FALSE(fs::exists(path("never.run.json")));
    return error.what();
  }
  ScoreMode scores_ = ScoreMode::all;
};

// Any number of shards, most of them with no row for the larger ones, in any order.
TEST_F(MergeTest, IsTheReportOfOneRun) {
  std::mt19937 rng(5);
  for (unsigned seed = 0; seed < 3; ++seed) {
    const RunInputs inputs = random_inputs(seed, {.images = 3, .faults = static_cast<int>(rng() % 30)});
    scores_ = seed % 2 == 0 ? ScoreMode::all : ScoreMode::changed;
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    run(inputs, with_all("one"));
    const RunMetadata one = metadata_of(path("one.run.json"));
    for (const int64_t of : {int64_t{1}, static_cast<int64_t>(2 + rng() % 30), int64_t{seed == 0 ? 64 : 4}}) {
      std::vector<std::string> shards = run_shards(inputs, of);
      std::shuffle(shards.begin(), shards.end(), rng);
      MergeOptions options = into("all.csv");
      options.overwrite = of > 1;
      const MergedReport merged = merge_reports(shards, options);
      ASSERT_EQ(files_of("all"), files_of("one")) << seed << " " << of;
      EXPECT_EQ(merged.rows, one.rows);
      RunMetadata all = metadata_of(path("all.run.json"));
      EXPECT_EQ(all.settings, one.settings);
      EXPECT_EQ(all.report_sha256, one.report_sha256);
      EXPECT_EQ(all.details->confusion, one.details->confusion);
      EXPECT_TRUE(all.finished);
      EXPECT_EQ(all.faults, one.faults);
      RunOptions again = with_all("all");
      EXPECT_EQ(run(inputs, again, no_inference()).outcome, RunOutcome::already_finished);
    }
  }
}

TEST_F(MergeTest, ShardsOfDifferentNumbersGoTogether) {
  const RunInputs inputs = random_inputs(7);
  run(inputs, with_all("one"));
  const std::vector<std::string> shards{run_shard(inputs, {3, 4}), run_shard(inputs, {0, 2}),
                                        run_shard(inputs, {4, 8}), run_shard(inputs, {5, 8})};
  merge_reports(shards, into("all.csv"));
  EXPECT_EQ(files_of("all"), files_of("one"));
  EXPECT_THAT(refusal({shards[0], shards[1], shards[2]}),
              HasSubstr("from 5/8 to 3/4 of the list are missing"));
  EXPECT_THAT(refusal({shards[0], shards[1], shards[2], run_shard(inputs, {2, 4}), shards[3]}),
              HasSubstr("s2of4.csv (shard 2/4"));
}

TEST_F(MergeTest, NamesWhatIsMissingOrTwiceThere) {
  const RunInputs inputs = random_inputs(8);
  std::mt19937 rng(3);
  for (int round = 0; round < 4; ++round) {
    const auto of = static_cast<int64_t>(2 + rng() % 9);
    const std::vector<std::string> shards = run_shards(inputs, of);
    std::vector<std::string> given = shards;
    const size_t one = rng() % shards.size();
    given.push_back(given[one]);
    std::shuffle(given.begin(), given.end(), rng);
    EXPECT_THAT(refusal(given), HasSubstr(shards[one] + " are both shard " + std::to_string(one) + "/"));
    given = shards;
    given.erase(given.begin() + static_cast<int64_t>(one));
    std::shuffle(given.begin(), given.end(), rng);
    EXPECT_THAT(refusal(given),
                HasSubstr("shard " + std::to_string(one) + "/" + std::to_string(of) + " is missing"));
  }
}

TEST_F(MergeTest, NamesWhatIsForeignUnfinishedOrChanged) {
  const RunInputs inputs = random_inputs(9);
  const std::vector<std::string> shards = run_shards(inputs, 3);
  RunInputs other = random_inputs(9);
  other.model_sha256 = std::string(64, 'b');
  EXPECT_THAT(refusal({shards[0], run_shard(other, {1, 3}, "other"), shards[2]}),
              testing::AllOf(HasSubstr("other.csv: is of another run"), HasSubstr("the model's SHA-256")));
  run(inputs, with_all("whole2"));
  EXPECT_THAT(refusal({shards[0], path("whole2.csv"), shards[2]}),
              HasSubstr("whole2.csv: is no report of a shard"));
  RunOptions stopped = with_all("stopped");
  stopped.shard = Shard{1, 3};
  run_until_block(inputs, stopped, 1, 2);
  EXPECT_THAT(refusal({shards[0], stopped.path, shards[2]}),
              HasSubstr("stopped.csv: shard 1/3 is unfinished"));
  EXPECT_THAT(refusal({shards[0], path("none.csv"), shards[2]}), HasSubstr("none.csv: is not there"));

  std::mt19937 rng(4);
  for (const std::string& file : {path("s1of3.csv"), path("s1of3.details.csv"), path("s1of3.run.json")}) {
    const std::string bytes = read_text(file);
    for (int round = 0; round < 20; ++round) {
      std::string damaged = bytes;
      if (round % 2 == 0) {
        damaged.resize(rng() % bytes.size());
      } else {
        char& changed = damaged[rng() % damaged.size()];
        changed = static_cast<char>(changed ^ (1 << rng() % 7));
      }
      write_atomic(file, damaged);
      try {
        merge_reports(shards, into("never.csv"));
        EXPECT_TRUE(file.ends_with("run.json")) << file;  // a time, a name of a CPU
        fs::remove_all(path("never"));
        for (const char* name : {"never.csv", "never.run.json", "never.details.csv"}) fs::remove(path(name));
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::resume) << error.what();
        EXPECT_THAT(error.what(), HasSubstr("s1of3."));
        EXPECT_FALSE(fs::exists(path("never.csv")));
      }
    }
    write_atomic(file, bytes);
  }
  fs::remove(path("s1of3/clean.npy"));
  EXPECT_THAT(refusal(shards), testing::AllOf(HasSubstr("s1of3.csv: "), HasSubstr("clean.npy")));
}

// Of shares of 1/N each, on a list with faults of all layers.
TEST(ShardRows, TakeEachRowOnceAndAreFair) {
  for (unsigned seed = 0; seed < 5; ++seed) {
    const RunInputs inputs = random_inputs(
        seed, {.network = {.side = 5, .channels = 4, .classes = 7, .blocks = 3}, .faults = 500});
    const std::vector<uint32_t> costs = fault_costs(inputs.graph);
    const auto cost_of = [&](const Patch& patch) { return costs[static_cast<size_t>(patch.weight)]; };
    uint64_t all = 0, most = 0;
    for (const Patch& patch : inputs.list->patches.all()) {
      all += cost_of(patch);
      most = std::max<uint64_t>(most, cost_of(patch));
    }
    for (const int64_t of : {int64_t{1}, int64_t{2}, int64_t{7}, int64_t{64}, int64_t{1000}, kMostShards}) {
      int64_t next = 0;
      for (int64_t i = 0; i < std::min<int64_t>(of, 1000); ++i) {
        const ShardRows rows = shard_rows({i, of}, inputs.list->patches, costs);
        ASSERT_EQ(rows.first_row, next);
        next += rows.rows;
        uint64_t sum = 0;
        for (int64_t row = 0; row < rows.rows; ++row)
          sum += cost_of(inputs.list->patches[static_cast<size_t>(rows.first_row + row)].front());
        EXPECT_LE(sum, all / static_cast<uint64_t>(of) + most + 1);
      }
      if (of <= 1000) {
        EXPECT_EQ(next, 500) << of;
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
