// Saved scores and what the network is fed with, in every bit.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "campaign/campaign_fixture.hpp"
#include "campaign/slow_report.hpp"
#include "io/npy.hpp"

namespace tf_injector::detail::test {
namespace {

class CampaignScoresTest : public CampaignTest {
 protected:
  // Five images, seven classes: what either engine saves is what the scalar reference gives.
  static void expect_slow_scores(const RunInputs& inputs, RunOptions o) {
    o.scores = ScoreMode::all;
    o.overwrite = true;
    for (const NamedEngine& engine : both_engines()) {
      SCOPED_TRACE(fmt::format("{}, batches of {}, tile {}", engine.name, o.batch_size, o.tile));
      const RunResult result = run(inputs, o, tuning_with({}, 0, engine.engine));
      EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
                npy_bytes(slow_scores(inputs, {}, 5, o.batch_size), 5, 7));
      for (size_t f = 0; f < inputs.list->faults.size(); ++f) {
        EXPECT_EQ(read_text(fmt::format("{}/inj_{}.npy", result.score_folder, inputs.list->faults[f].id)),
                  npy_bytes(slow_scores(inputs, inputs.list->patches[f], 5, o.batch_size), 5, 7));
      }
    }
  }
};

TEST_F(CampaignScoresTest, ABatchOfOneHasTheBitsOfABatchOfOne) {
  // More than 384 inputs: TensorFlow sums them in blocks, unless the batch has one image.
  std::mt19937 rng(1);
  RunInputs inputs = random_inputs(5, {.images = 5, .faults = 3});
  Graph graph;
  graph.weights.push_back({"kernel", Shape{500, 7}, random_values(rng, 3500, Values::ordinary)});
  const NodeId input = graph.add_input("input", "input", Shape{10, 10, 5});
  const NodeId flat = graph.add("flatten", ops::Reshape{Shape{500}}, {input});
  graph.outputs = {graph.add("dense", ops::Dense{.kernel = 0, .units = 7}, {flat})};
  graph.output_names = {"dense"};
  inputs.dataset.inputs[0].shape = {10, 10, 5};
  inputs.dataset.inputs[0].floats = random_values(rng, 2500, Values::ordinary);
  inputs.list = random_list(rng, graph, {0}, 3);
  inputs.graph = std::move(graph);
  std::map<int, std::string> clean;
  for (int batch : {1, 4, 5}) {
    for (int tile : {1, 3, 5}) {
      RunOptions o = options(fmt::format("b{}_{}.csv", batch, tile));
      o.batch_size = batch;
      o.tile = tile;
      expect_slow_scores(inputs, o);
      clean[batch] = npy_bytes(slow_scores(inputs, {}, 5, batch), 5, 7);
    }
  }
  EXPECT_NE(clean[1], clean[5]);
  EXPECT_NE(clean[4], clean[5]) << "the last image is a batch of its own";
}

// A mean of 11 channels: TensorFlow takes eight outputs of a batch at once, whichever image they are of.
TEST_F(CampaignScoresTest, AnImageHasTheBitsOfItsPlaceInItsBatch) {
  std::mt19937 rng(2);
  RunInputs inputs = random_inputs(5, {.images = 5, .faults = 3});
  Graph graph;
  graph.weights.push_back({"kernel", Shape{11, 7}, random_values(rng, 77, Values::ordinary)});
  const NodeId input = graph.add_input("input", "input", Shape{5, 5, 11});
  const NodeId mean = graph.add("mean", ops::GlobalAveragePool{}, {input});
  graph.outputs = {graph.add("dense", ops::Dense{.kernel = 0, .units = 7}, {mean})};
  graph.output_names = {"dense"};
  std::vector<float> images = random_values(rng, 275, Values::ordinary);
  for (int image = 1; image < 5; ++image)  // five times the same
    images.insert(images.end(), images.begin(), images.begin() + 275);
  inputs.dataset.inputs[0].floats = std::move(images);
  inputs.dataset.inputs[0].shape = {5, 5, 11};
  inputs.list = random_list(rng, graph, {0}, 3);
  inputs.graph = std::move(graph);
  const std::vector<float> scores = slow_scores(inputs, {}, 5, 4);
  EXPECT_FALSE(std::equal(scores.begin(), scores.begin() + 7, scores.begin() + 7)) << "of the second image";
  for (int tile : {1, 3, 5}) {
    RunOptions o = options(fmt::format("t{}.csv", tile));
    o.batch_size = 4;
    o.tile = tile;
    expect_slow_scores(inputs, o);
  }
}

TEST_F(CampaignScoresTest, SavesAllScoresAsEvaluateGivesThem) {
  const RunInputs inputs = random_inputs(9);
  for (const NamedEngine& engine : both_engines()) {
    for (size_t block : {1u, 7u, 100u}) {
      SCOPED_TRACE(fmt::format("{}, blocks of {}", engine.name, block));
      RunOptions o = options("s" + std::to_string(block) + ".csv");
      o.scores = ScoreMode::all;
      o.tile = 4;
      o.overwrite = true;
      EngineHooks hooks;
      hooks.only_changed_rows = block == 7;
      const RunResult result = run(inputs, o, tuning_with(hooks, block, engine.engine));
      EXPECT_EQ(result.score_folder, path("s" + std::to_string(block)));
      EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
                npy_bytes(slow_scores(inputs, {}, 11, 512), 11, 7));
      bool nan_seen = false;
      for (size_t f = 0; f < inputs.list->faults.size(); ++f) {
        const std::vector<float> expected = slow_scores(inputs, inputs.list->patches[f], 11, 512);
        for (float score : expected) {
          nan_seen |= std::isnan(score);
          EXPECT_EQ(float_bits(score), std::isnan(score) ? kCanonicalNan : float_bits(score));
        }
        EXPECT_EQ(
            read_text(result.score_folder + "/inj_" + std::to_string(inputs.list->faults[f].id) + ".npy"),
            npy_bytes(expected, 11, 7));
      }
      EXPECT_TRUE(nan_seen) << "the case says nothing about NaN";
      EXPECT_EQ(std::distance(fs::directory_iterator(result.score_folder), {}), 21);
    }
  }
}

TEST_F(CampaignScoresTest, SavesChangedScores) {
  const RunInputs inputs = random_inputs(10);
  RunOptions o = options();
  o.scores = ScoreMode::changed;
  o.overwrite = true;
  for (const NamedEngine& engine : both_engines()) {
    SCOPED_TRACE(engine.name);
    const RunResult result = run(inputs, o, tuning_with({}, 0, engine.engine));
    const std::vector<float> golden = slow_scores(inputs, {}, 11, 512);
    for (size_t f = 0; f < inputs.list->faults.size(); ++f) {
      const std::vector<float> expected = slow_scores(inputs, inputs.list->patches[f], 11, 512);
      std::vector<int64_t> index;
      std::vector<uint32_t> bits;
      for (size_t i = 0; i < 11; ++i) {
        bool differs = false;
        for (size_t k = i * 7; k < i * 7 + 7; ++k)
          differs |= float_bits(expected[k]) != float_bits(golden[k]);
        if (!differs) continue;
        index.push_back(static_cast<int64_t>(i));
        for (size_t k = i * 7; k < i * 7 + 7; ++k) bits.push_back(float_bits(expected[k]));
      }
      const auto arrays =
          read_npz(result.score_folder + "/inj_" + std::to_string(inputs.list->faults[f].id) + ".npz");
      ASSERT_EQ(arrays.size(), 2u);
      EXPECT_EQ(arrays.at("index").to_int64(), index);
      EXPECT_EQ(arrays.at("scores").shape, (std::vector<int64_t>{static_cast<int64_t>(index.size()), 7}));
      std::vector<uint32_t> found;
      for (float score : arrays.at("scores").to_float32()) found.push_back(float_bits(score));
      EXPECT_EQ(found, bits);
    }
  }
}

TEST_F(CampaignScoresTest, WithoutAListOnlyTheGoldenRunIsMade) {
  RunInputs inputs = random_inputs(11);
  inputs.list.reset();
  RunOptions o = options("");
  RunResult result = run(inputs, o);
  EXPECT_EQ(result.outcome, RunOutcome::golden_only);
  EXPECT_FALSE(file_exists(o.folder)) << "nothing is to be written";
  o.scores = ScoreMode::all;
  result = run(inputs, o);
  EXPECT_THAT(result.score_folder, testing::MatchesRegex(".*/out/D/N/[0-9]+_[0-9]+(_[0-9]+)?"));
  EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
            npy_bytes(slow_scores(inputs, {}, 11, 512), 11, 7));
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(o.folder), {}), 4);
  EXPECT_EQ(result.golden.images, 11);
}

TEST_F(CampaignScoresTest, MeanAndStdNormaliseFloatsToo) {
  RunInputs inputs = random_inputs(20);
  RunOptions o = options();
  o.preprocess.mean = {0.5f, 0.25f, 0.0f};
  o.preprocess.std = {2.0f, 0.5f, 1.0f};
  run(inputs, o);
  std::vector<float> values = inputs.dataset.inputs[0].floats.copy();
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = (values[i] - (*o.preprocess.mean)[i % 3]) / (*o.preprocess.std)[i % 3];
  inputs.dataset.inputs[0].floats = std::move(values);
  EXPECT_EQ(read_text(o.path), slow_report(inputs, 11, 512));
}

TEST_F(CampaignScoresTest, BytesAreScaledInTheArithmeticAskedFor) {
  CaseOptions c;
  c.bytes = true;
  c.faults = 5;
  const RunInputs inputs = random_inputs(21, c);
  for (bool tensorflow : {false, true}) {
    RunOptions o = options(tensorflow ? "t.csv" : "n.csv");
    o.preprocess.tensorflow_arithmetic = tensorflow;
    o.scores = ScoreMode::all;
    const RunResult result = run(inputs, o);
    RunInputs floats = inputs;
    DatasetInput& input = floats.dataset.inputs[0];
    input.is_float = true;
    std::vector<float> scaled;
    for (uint8_t byte : input.bytes)
      scaled.push_back(tensorflow ? static_cast<float>(byte) * (1.0f / 255.0f)
                                  : static_cast<float>(byte) / 255.0f);
    input.floats = std::move(scaled);
    EXPECT_EQ(read_text(o.path), slow_report(floats, 11, 512));
    EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
              npy_bytes(slow_scores(floats, {}, 11, 512), 11, 7));
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
