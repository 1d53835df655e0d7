// The public API on small networks: any pairs, several sessions at once, reports in memory.
#include "tf_injector/session.hpp"

#include <gmock/gmock.h>

#include <cfenv>
#include <numeric>
#include <thread>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slow_report.hpp"
#include "core/same_bits.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail::test {
namespace {

using testing::HasSubstr;

class SessionTest : public CampaignTest {
 protected:
  SessionTest() : inputs_(random_inputs(901, {.images = 9, .faults = 24})) {}

  [[nodiscard]] Model model() const {
    return model_of(inputs_.graph, inputs_.model_path, inputs_.model_sha256);
  }
  [[nodiscard]] FaultList faults() const { return list_of(ResolvedFaultList(*inputs_.list)); }
  [[nodiscard]] Session session(SessionOptions options = {}) const {
    options.batch_size = 4;  // the last batch has one image
    return {model(), inputs_.dataset, std::move(options)};
  }
  // Of a campaign that writes files.
  [[nodiscard]] FinishedReport written_report() const {
    RunOptions o = options();
    o.batch_size = 4;
    run(inputs_, o);
    return read_report(o.path);
  }
  // As `evaluate` gives it, every image in its batch.
  [[nodiscard]] std::vector<float> slow_row(const Pair& pair) const {
    const std::vector<float> all = slow_scores(inputs_, inputs_.list->patches[pair.fault], 9, 4);
    return {all.begin() + pair.image * 7, all.begin() + (pair.image + 1) * 7};
  }

  RunInputs inputs_;
};

TEST_F(SessionTest, GivesTheScoresOfAnyPairsInTheirOrder) {
  std::mt19937 rng(5);
  std::vector<Pair> pairs;
  for (int i = 0; i < 60; ++i) pairs.push_back({rng() % 24, static_cast<int64_t>(rng() % 9)});
  pairs.push_back(pairs.front());  // one pair twice
  for (const KernelSet set : available_kernel_sets()) {
    for (const int threads : {1, 3}) {
      SCOPED_TRACE(kernel_set_name(set));
      Session session = this->session({.kernels = set, .threads = threads});
      const std::vector<float> scores = session.scores(faults(), pairs);
      ASSERT_EQ(scores.size(), pairs.size() * 7);
      for (size_t i = 0; i < pairs.size(); ++i) {
        const std::vector<float> expected = slow_row(pairs[i]);
        EXPECT_TRUE(same_bits(std::span(scores).subspan(i * 7, 7), expected))
            << "fault " << pairs[i].fault << ", image " << pairs[i].image;
      }
    }
  }
}

TEST_F(SessionTest, TalliesOfAllPairsAddUpToTheReport) {
  const FinishedReport report = written_report();
  Session session = this->session();
  std::vector<Pair> pairs;
  for (int64_t image = 8; image >= 0; --image) {
    for (size_t fault = 0; fault < 24; ++fault) pairs.push_back({fault, image});
  }
  const std::vector<Tally> tallies = session.tallies(faults(), pairs);
  std::vector<Tally> sums(24);
  for (size_t i = 0; i < pairs.size(); ++i) sums[pairs[i].fault] += tallies[i];
  for (size_t fault = 0; fault < 24; ++fault) EXPECT_EQ(sums[fault], report.rows[fault].tally) << fault;
  Tally golden;
  for (const Tally& image : session.golden_tallies(session.tile(0, 9))) golden += image;
  EXPECT_EQ(golden.top_1_correct, report.golden.top_1_correct);
  EXPECT_EQ(golden.top_5_correct, report.golden.top_5_correct);
}

TEST_F(SessionTest, HandsGoldenScoresOutTileByTile) {
  const std::vector<float> expected = slow_scores(inputs_, {}, 9, 4);
  Session session = this->session();
  const std::vector<int64_t> images{8, 2, 2, 5};
  const std::vector<float> scores = session.golden(session.tile(images));
  for (size_t i = 0; i < images.size(); ++i) {
    EXPECT_TRUE(same_bits(std::span(scores).subspan(i * 7, 7),
                          std::span(expected).subspan(static_cast<size_t>(images[i]) * 7, 7)));
  }
  EXPECT_TRUE(session.golden({}).empty());
}

TEST_F(SessionTest, APartOfAListHasRowsOfItsOwn) {
  const FaultList part = faults().from(inputs_.list->faults[20].id);
  ASSERT_EQ(part.size(), 4U);
  Session session = this->session();
  const std::vector<Pair> pairs{{3, 1}};
  EXPECT_EQ(session.scores(part, pairs), slow_row({23, 1}));
}

TEST_F(SessionTest, SmallMemoryGivesTheSameScores) {
  std::vector<Pair> pairs;
  for (size_t fault = 0; fault < 24; ++fault) pairs.push_back({fault, 3});
  Session large = session();
  const std::vector<float> expected = large.scores(faults(), pairs);
  uint64_t least = 1 << 20;
  const auto scores_with = [&](uint64_t bytes) {
    return session({.threads = 1, .memory_bytes = bytes}).scores(faults(), pairs);
  };
  for (;; least += 1 << 20) {
    try {
      EXPECT_TRUE(same_bits(scores_with(least), expected));
      break;
    } catch (const Error& error) {
      ASSERT_EQ(error.kind(), ErrorKind::out_of_memory);
      ASSERT_LT(least, 1 << 30);
    }
  }
}

TEST_F(SessionTest, WhatIsNotThereIsRefused) {
  Session session = this->session();
  const auto refusal = [&](const std::vector<Pair>& pairs) {
    return std::string(error_of([&] { static_cast<void>(session.scores(faults(), pairs)); }).what());
  };
  EXPECT_THAT(refusal({{24, 0}}), HasSubstr("no pair of fault 24 and image 0"));
  EXPECT_THAT(refusal({{0, 9}}), HasSubstr("no pair of fault 0 and image 9"));
  EXPECT_THAT(refusal({{0, -1}}), HasSubstr("image -1"));
  EXPECT_THROW(static_cast<void>(session.tile(8, 2)), Error);
  for (const auto& [first, count] : {std::pair<int64_t, int64_t>{-1, 1},
                                     {0, -1},
                                     {0, int64_t{1} << 40},
                                     {9, INT64_MAX},
                                     {INT64_MAX, INT64_MAX},
                                     {INT64_MIN, 1}}) {
    EXPECT_EQ(error_of([&] { static_cast<void>(session.tile(first, count)); }).kind(), ErrorKind::usage)
        << count << " from " << first;
  }
  EXPECT_EQ(session.tile(9, 0).size(), 0U);
}

// A tile is a vector that anybody can fill.
TEST_F(SessionTest, TilesMadeByHandAreChecked) {
  Session session = this->session();
  const TileImage good{3, {4, 3}};
  EXPECT_EQ(session.golden({good}).size(), 7U);
  for (const TileImage& bad : {TileImage{9, {4, 0}},
                               {-1, {4, 0}},
                               {1'000'000, {4, 0}},
                               {0, {0, 0}},
                               {0, {-1, 0}},
                               {0, {4, 4}},
                               {0, {4, -1}},
                               {INT64_MAX, {4, 0}}}) {
    const ImageTile tile{good, bad};
    EXPECT_EQ(error_of([&] { static_cast<void>(session.golden(tile)); }).kind(), ErrorKind::usage);
    EXPECT_EQ(error_of([&] { static_cast<void>(session.golden_tallies(tile)); }).kind(), ErrorKind::usage);
  }
}

// Its patches are places in another model's weights.
TEST_F(SessionTest, AListOfAnotherModelIsRefused) {
  Session session = this->session();
  const FaultList own = list_of(ResolvedFaultList(*inputs_.list), model());
  const FaultList other =
      list_of(ResolvedFaultList(*inputs_.list), model_of(inputs_.graph, "m", std::string(64, '0')));
  const std::vector<Pair> pairs{{0, 0}};
  EXPECT_EQ(session.scores(own, pairs), slow_row({0, 0}));
  for (const Error& error : {error_of([&] { static_cast<void>(session.scores(other, pairs)); }),
                             error_of([&] { static_cast<void>(session.tallies(other, pairs)); }),
                             error_of([&] { Campaign(session, other); }),
                             error_of([&] { Campaign(session, other.from(other[3].id)); })}) {
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), HasSubstr("list.csv: the list was made for another model (SHA-256 000"));
  }
}

TEST_F(SessionTest, AListOfAModelThatIsStoredOtherwiseIsRefused) {
  Session session = this->session();
  const FaultList other = list_of(ResolvedFaultList(*inputs_.list), model().stored(StorageFormat::bfloat16));
  const Error error = error_of([&] { static_cast<void>(session.scores(other, std::vector<Pair>{{0, 0}})); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(),
              HasSubstr("made for the model stored in bfloat16, the session has it in float32 (`storage`)"));
}

TEST_F(SessionTest, AModelIsStoredOnce) {
  const Model stored = model().stored(StorageFormat::float16);
  EXPECT_EQ(stored.storage(), StorageFormat::float16);
  EXPECT_EQ(stored.sha256(), model().sha256());
  EXPECT_EQ(stored.stored(StorageFormat::float16).data(), stored.data());
  EXPECT_EQ(error_of([&] { static_cast<void>(stored.stored(StorageFormat::int8)); }).kind(),
            ErrorKind::usage);
  for (const FaultableTensor& tensor : stored.faultable()) EXPECT_EQ(tensor.storage, StorageFormat::float16);
}

TEST_F(SessionTest, APreprocessingNamesASetThatThereIs) {
  for (const char* name : {"cifar10", "FOO", " CIFAR10"}) {
    SessionOptions options;
    options.preprocess.dataset = name;
    EXPECT_THAT(
        error_of([&] { static_cast<void>(session(options)); }).what(),
        HasSubstr(std::string("`dataset`: expected one of CIFAR10, CIFAR100, GTSRB, found '") + name + "'"));
  }
}

// Not that of the thread which calls, nor of those that it starts.
TEST_F(SessionTest, TheCallersRoundingModeChangesNothing) {
  const std::vector<Pair> pairs{{0, 0}, {5, 8}, {23, 4}};
  for (const int mode : {FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    for (const int threads : {1, 3}) {
      std::fesetround(mode);
      Session session = this->session({.threads = threads});
      const std::vector<float> scores = session.scores(faults(), pairs);
      const std::vector<float> golden = session.golden(session.tile(0, 9));
      EXPECT_EQ(std::fegetround(), mode) << "it is the caller's again";
      std::fesetround(FE_TONEAREST);
      for (size_t i = 0; i < pairs.size(); ++i)
        EXPECT_TRUE(same_bits(std::span(scores).subspan(i * 7, 7), slow_row(pairs[i])));
      EXPECT_TRUE(same_bits(golden, slow_scores(inputs_, {}, 9, 4)));
    }
  }
}

TEST_F(SessionTest, StopsWhenAsked) {
  const std::atomic<bool> stop{true};
  Session session = this->session();
  const std::vector<Pair> pairs{{0, 0}};
  EXPECT_EQ(error_of([&] { static_cast<void>(session.scores(faults(), pairs, &stop)); }).kind(),
            ErrorKind::interrupted);
  EXPECT_EQ(error_of([&] { static_cast<void>(session.golden(session.tile(0, 9), &stop)); }).kind(),
            ErrorKind::interrupted);
}

// Several sessions at once, of which one is stopped in the middle: the others' reports are what they are
// alone.
TEST_F(SessionTest, SeveralWorkAtOnce) {
  Session alone = session({.threads = 2});
  MemoryReport expected;
  static_cast<void>(Campaign(alone, faults()).run(expected));
  std::vector<MemoryReport> reports(3);
  std::vector<std::thread> threads;
  for (MemoryReport& report : reports) {
    threads.emplace_back([&] {
      for (int round = 0; round < 3; ++round) {
        Session own = session({.threads = 2});
        report = MemoryReport();
        static_cast<void>(Campaign(own, faults()).run(report));
      }
    });
  }
  threads.emplace_back([&] {
    for (int round = 0; round < 3; ++round) {
      std::atomic<bool> stop{false};
      Session own = session();
      CampaignCallbacks callbacks;
      callbacks.golden = [&](const Tally&) { stop = true; };
      callbacks.stop = &stop;
      MemoryReport report;
      EXPECT_EQ(error_of([&] { static_cast<void>(Campaign(own, faults()).run(report, callbacks)); }).kind(),
                ErrorKind::interrupted);
    }
  });
  for (std::thread& thread : threads) thread.join();
  for (const MemoryReport& report : reports) {
    ASSERT_EQ(report.rows().size(), 24U);
    for (size_t i = 0; i < 24; ++i) {
      EXPECT_EQ(report.rows()[i].fault, expected.rows()[i].fault);
      EXPECT_EQ(report.rows()[i].tally, expected.rows()[i].tally);
    }
  }
}

TEST_F(SessionTest, ModelsAreReadByManyThreadsAtOnce) {
  const std::string file = std::string(TFI_TEST_DIR) + "/golden/activations.keras";
  const std::vector<FaultableTensor> expected = Model::load(file).faultable();
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 10; ++round)
        EXPECT_EQ(Model::load(file).faultable().size(), expected.size());
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(SessionTest, AReportInMemoryHoldsWhatTheFileHolds) {
  const FinishedReport file = written_report();
  Session session = this->session();
  const Campaign campaign(session, faults(), {.check = std::nullopt, .scores = ScoreMode::all});
  MemoryReport report;
  const CampaignSummary summary = campaign.run(report);
  EXPECT_EQ(report.golden().top_1_correct, file.golden.top_1_correct);
  EXPECT_EQ(summary.faults, 24);
  ASSERT_EQ(report.fault_scores().size(), 24U);
  for (size_t i = 0; i < 24; ++i) {
    EXPECT_EQ(report.rows()[i].fault, file.rows[i].fault);
    EXPECT_EQ(report.rows()[i].tally, file.rows[i].tally);
    EXPECT_TRUE(same_bits(report.fault_scores()[i], slow_scores(inputs_, inputs_.list->patches[i], 9, 4)));
  }
  EXPECT_TRUE(same_bits(report.golden_scores(), slow_scores(inputs_, {}, 9, 4)));
}

// A user's own arrays stay where they are.
TEST_F(SessionTest, FeedsImagesOfSomebodyElse) {
  auto owner = std::make_shared<std::vector<float>>(inputs_.dataset.inputs[0].floats.copy());
  Dataset dataset = inputs_.dataset;
  dataset.sha256.clear();
  dataset.inputs[0].floats = SharedArray<float>(std::span<const float>(*owner), owner);
  Session session(model(), dataset, {.batch_size = 4});
  EXPECT_EQ(session.dataset().inputs[0].floats.data(), owner->data());
  EXPECT_EQ(session.dataset().sha256.size(), 64U) << "the hash of what was given";
  const std::vector<Pair> pairs{{0, 2}};
  EXPECT_EQ(session.scores(faults(), pairs), slow_row({0, 2}));
}

}  // namespace
}  // namespace tf_injector::detail::test
