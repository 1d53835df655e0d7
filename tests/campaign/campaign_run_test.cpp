// Whole campaigns in memory against a slow count of their own, over threads, tiles, blocks and kernels.
#include "campaign/campaign_run.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <new>
#include <thread>

#include "campaign/campaign_fixture.hpp"
#include "campaign/metrics.hpp"
#include "io/npy.hpp"
#include "plan/plan.hpp"

namespace tf_injector::test {
namespace {

using testing::HasSubstr;

// Scores of all images under one fault (or none), image by image with the reference kernels.
std::vector<float> slow_scores(const CampaignInputs& inputs, const Patch* patch, int64_t images,
                               int64_t batch_size) {
  const Plan plan = Plan::compile(inputs.graph, {.kernels = KernelSet::scalar});
  Workspace workspace(plan, 1);
  std::optional<Overlay> overlay;
  if (patch != nullptr) overlay.emplace(plan, *patch);
  const std::vector<float>& values = inputs.dataset.inputs[0].floats;
  const auto elements = static_cast<size_t>(plan.inputs()[0].shape.elements());
  const auto classes = static_cast<size_t>(plan.classes());
  std::vector<float> scores(static_cast<size_t>(images) * classes);
  for (int64_t image = 0; image < images; ++image) {
    const auto i = static_cast<size_t>(image);
    const std::span<const float> input[] = {std::span(values).subspan(i * elements, elements)};
    const int64_t left = images - image / batch_size * batch_size;
    evaluate(plan, overlay ? &*overlay : nullptr, workspace, input, 1,
             {.batch = static_cast<int>(std::min(batch_size, left))},
             std::span(scores).subspan(i * classes, classes));
  }
  return scores;
}

bool contains(const std::vector<int>& chosen, int label) {
  return std::find(chosen.begin(), chosen.end(), label) != chosen.end();
}

// Counts as the report's columns are defined, with the functions that NumPy itself is held against.
std::string slow_report(const CampaignInputs& inputs, int64_t images, int64_t batch_size) {
  const std::vector<float> golden = slow_scores(inputs, nullptr, images, batch_size);
  const size_t classes = golden.size() / static_cast<size_t>(images);
  std::vector<int> top_1, top_5;
  const auto count = [&](const std::vector<float>& scores) {
    Tally tally;
    for (size_t i = 0; i < static_cast<size_t>(images); ++i) {
      const auto row = std::span(scores).subspan(i * classes, classes);
      const auto gold = std::span(golden).subspan(i * classes, classes);
      top_k(row, 1, top_1);
      top_k(row, 5, top_5);
      const int label = inputs.dataset.labels[i];
      bool equal = true;
      for (size_t c = 0; c < classes; ++c) equal = equal && row[c] == gold[c];
      tally.images += 1;
      tally.top_1_correct += contains(top_1, label);
      tally.top_5_correct += contains(top_5, label);
      tally.top_1_robust += contains(top_1, argmax(gold));
      tally.top_5_robust += contains(top_5, argmax(gold));
      tally.masked += equal;
    }
    return tally;
  };
  std::string report = report_header() + golden_row(count(golden));
  for (const ResolvedFault& row : inputs.list->faults)
    report += fault_row(row.fault, count(slow_scores(inputs, &row.patch, images, batch_size)));
  return report;
}

class CampaignRunTest : public CampaignTest {};

TEST_F(CampaignRunTest, EqualsASlowCountForAnyThreadsTilesBlocksAndKernels) {
  const CampaignInputs inputs = random_inputs(1);
  const std::string expected = slow_report(inputs, 11, 512);
  int number = 0;
  for (KernelSet set : available_kernel_sets()) {
    for (int threads : {1, 2, 7}) {
      for (int tile : {0, 1, 3, 100}) {
        CampaignOptions o = options("r" + std::to_string(number) + ".csv");
        o.kernels = kernel_set_name(set);
        o.threads = threads;
        o.tile = tile;
        const size_t block = std::array<size_t, 4>{0, 1, 6, 100}[static_cast<size_t>(number++ % 4)];
        EngineHooks hooks;
        hooks.only_changed_rows = number % 3 == 0;
        run(inputs, o, tuning_with(hooks, block));
        EXPECT_EQ(read_text(o.report_path), expected)
            << o.kernels << ", " << threads << " threads, tile " << tile;
      }
    }
  }
}

TEST_F(CampaignRunTest, EqualsASlowCountOnRandomNetworks) {
  for (unsigned seed = 100; seed < 116; ++seed) {
    CaseOptions c;
    c.network = {.side = 5 + seed % 3,
                 .channels = 3 + seed % 5,
                 .classes = 2 + seed % 9,
                 .blocks = static_cast<int>(seed % 3),
                 .same_padding = seed % 2 == 0,
                 .bias = seed % 3 == 0,
                 .relu6 = seed % 5 == 0,
                 .projection = seed % 4 == 0,
                 .average_pool = seed % 3 != 1};
    c.images = 1 + seed % 10;
    c.faults = 40;
    CampaignInputs inputs = random_inputs(seed, c);
    if (seed % 4 == 1) {  // a network that gives NaN without any fault, for some images
      inputs.dataset.inputs[0].floats[5] = std::numeric_limits<float>::quiet_NaN();
    }
    if (seed % 4 == 2) {  // classes that tie: equal columns of the last kernel and bias
      Weight& kernel = inputs.graph.weights[inputs.graph.weights.size() - 2];
      for (size_t i = 0; i < kernel.values.size(); ++i)
        kernel.values[i] = kernel.values[i - i % static_cast<size_t>(c.network.classes)];
      for (float& v : inputs.graph.weights.back().values) v = 0.0f;
      for (ResolvedFault& row : inputs.list->faults) {
        const Weight& w = inputs.graph.weights[static_cast<size_t>(row.patch.weight)];
        row.patch.old_bits = float_bits(w.values[static_cast<size_t>(row.patch.element)]);
      }
    }
    CampaignOptions o = options("r" + std::to_string(seed) + ".csv");
    o.batch_size = 1 + static_cast<int>(seed % 5);
    o.tile = static_cast<int>(seed % 4);
    EngineHooks hooks;
    hooks.only_changed_rows = seed % 2 == 1;
    run(inputs, o, tuning_with(hooks, 1 + seed % 7));
    EXPECT_EQ(read_text(o.report_path), slow_report(inputs, c.images, o.batch_size)) << "seed " << seed;
  }
}

TEST_F(CampaignRunTest, AMaskedFaultOnATieCountsAsCriticalAndNonCriticalIsMinusOne) {
  CaseOptions c;
  c.images = 1;
  c.faults = 1;
  CampaignInputs inputs = random_inputs(3, c);
  for (float& v : inputs.graph.weights[inputs.graph.weights.size() - 2].values) v = 0.0f;
  for (float& v : inputs.graph.weights.back().values) v = 0.0f;
  Patch& patch = inputs.list->faults[0].patch;
  patch.weight = 0;
  patch.new_bits = patch.old_bits = float_bits(inputs.graph.weights[0].values[0]);
  for (bool only_changed : {false, true}) {
    CampaignOptions o = options(only_changed ? "a.csv" : "b.csv");
    EngineHooks hooks;
    hooks.only_changed_rows = only_changed;
    run(inputs, o, tuning_with(hooks));
    EXPECT_THAT(read_text(o.report_path), testing::EndsWith(",1,-1,1\r\n"));
    EXPECT_EQ(read_text(o.report_path), slow_report(inputs, 1, 512));
  }
}

TEST_F(CampaignRunTest, AGoldenRowWithNanIsNeverMasked) {
  CaseOptions c;
  c.images = 3;
  c.faults = 2;
  CampaignInputs inputs = random_inputs(4, c);
  inputs.dataset.inputs[0].floats[0] = std::numeric_limits<float>::quiet_NaN();  // of the first image
  for (ResolvedFault& row : inputs.list->faults) row.patch.new_bits = row.patch.old_bits;
  for (bool only_changed : {false, true}) {
    CampaignOptions o = options(only_changed ? "a.csv" : "b.csv");
    EngineHooks hooks;
    hooks.only_changed_rows = only_changed;
    run(inputs, o, tuning_with(hooks));
    const Report report = parse_report(read_text(o.report_path), "r");
    EXPECT_EQ(report.rows[0].tally.masked, 2);
    EXPECT_EQ(read_text(o.report_path), slow_report(inputs, 3, 512));
  }
}

TEST_F(CampaignRunTest, LastBatchOfOneAndBatchLargerThanTheData) {
  CaseOptions c;
  c.images = 9;
  const CampaignInputs inputs = random_inputs(5, c);
  for (int batch : {1, 2, 4, 8, 9, 100000}) {
    CampaignOptions o = options("b" + std::to_string(batch) + ".csv");
    o.batch_size = batch;
    o.tile = 4;
    run(inputs, o);
    EXPECT_EQ(read_text(o.report_path), slow_report(inputs, 9, batch)) << batch;
  }
}

TEST_F(CampaignRunTest, ABatchOfOneHasTheBitsOfABatchOfOne) {
  // More than 384 inputs: TensorFlow sums them in blocks, unless the batch has one image.
  std::mt19937 rng(1);
  CampaignInputs inputs = random_inputs(5, {.images = 5, .faults = 3});
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
      CampaignOptions o = options(fmt::format("b{}_{}.csv", batch, tile));
      o.batch_size = batch;
      o.tile = tile;
      o.scores = ScoreMode::all;
      const CampaignResult result = run(inputs, o);
      clean[batch] = read_text(result.score_folder + "/clean.npy");
      EXPECT_EQ(clean[batch], npy_bytes(slow_scores(inputs, nullptr, 5, batch), 5, 7));
      for (const ResolvedFault& row : inputs.list->faults) {
        EXPECT_EQ(read_text(fmt::format("{}/inj_{}.npy", result.score_folder, row.fault.injection)),
                  npy_bytes(slow_scores(inputs, &row.patch, 5, batch), 5, 7));
      }
    }
  }
  EXPECT_NE(clean[1], clean[5]);
  EXPECT_NE(clean[4], clean[5]) << "the last image is a batch of its own";
}

TEST_F(CampaignRunTest, LimitTakesTheFirstImages) {
  const CampaignInputs inputs = random_inputs(6);
  CampaignOptions o = options();
  for (int64_t limit : {1, 4, 11, 1000}) {
    o.report_path = path("l" + std::to_string(limit) + ".csv");
    o.limit = limit;
    const CampaignResult result = run(inputs, o);
    EXPECT_EQ(result.golden.images, std::min<int64_t>(limit, 11));
    EXPECT_EQ(read_text(o.report_path), slow_report(inputs, std::min<int64_t>(limit, 11), 512));
    EXPECT_EQ(metadata_of(result.metadata_path).settings.limit.has_value(), limit < 11);
  }
}

TEST_F(CampaignRunTest, ResumeFromStartsAtTheRowOfThatInjection) {
  CampaignInputs inputs = random_inputs(7);
  CampaignOptions o = options();
  o.resume_from = inputs.list->faults[13].fault.injection;
  const CampaignResult result = run(inputs, o);
  EXPECT_EQ(result.faults, 7);
  inputs.list->faults.erase(inputs.list->faults.begin(), inputs.list->faults.begin() + 13);
  EXPECT_EQ(read_text(o.report_path), slow_report(inputs, 11, 512));
}

TEST_F(CampaignRunTest, ResumeFromANumberThatIsNotThereIsRefusedBeforeAnyInference) {
  const CampaignInputs inputs = random_inputs(7);
  CampaignOptions o = options();
  o.resume_from = 7;
  EngineHooks hooks;
  hooks.made = [] { ADD_FAILURE() << "an engine was made"; };
  const Error error = error_of([&] { run(inputs, o, tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_STREQ(
      error.what(),
      "list.csv: no row has the Injection 7 of --resume-from; its 20 rows have numbers from 100 to 119");
  EXPECT_FALSE(file_exists(o.report_path));
}

TEST_F(CampaignRunTest, AnEmptyListGivesAGoldenRow) {
  CaseOptions c;
  c.faults = 0;
  const CampaignInputs inputs = random_inputs(8, c);
  const CampaignResult result = run(inputs, options());
  EXPECT_EQ(read_text(result.report_path), slow_report(inputs, 11, 512));
  EXPECT_TRUE(metadata_of(result.metadata_path).finished);
}

TEST_F(CampaignRunTest, SavesAllScoresAsEvaluateGivesThem) {
  const CampaignInputs inputs = random_inputs(9);
  for (size_t block : {1u, 7u, 100u}) {
    CampaignOptions o = options("s" + std::to_string(block) + ".csv");
    o.scores = ScoreMode::all;
    o.tile = 4;
    EngineHooks hooks;
    hooks.only_changed_rows = block == 7;
    const CampaignResult result = run(inputs, o, tuning_with(hooks, block));
    EXPECT_EQ(result.score_folder, path("s" + std::to_string(block)));
    EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
              npy_bytes(slow_scores(inputs, nullptr, 11, 512), 11, 7));
    bool nan_seen = false;
    for (const ResolvedFault& row : inputs.list->faults) {
      const std::vector<float> expected = slow_scores(inputs, &row.patch, 11, 512);
      for (float score : expected) {
        nan_seen |= std::isnan(score);
        EXPECT_EQ(float_bits(score), std::isnan(score) ? kCanonicalNan : float_bits(score));
      }
      EXPECT_EQ(read_text(result.score_folder + "/inj_" + std::to_string(row.fault.injection) + ".npy"),
                npy_bytes(expected, 11, 7));
    }
    EXPECT_TRUE(nan_seen) << "the case says nothing about NaN";
    EXPECT_EQ(std::distance(fs::directory_iterator(result.score_folder), {}), 21);
  }
}

TEST_F(CampaignRunTest, SavesChangedScores) {
  const CampaignInputs inputs = random_inputs(10);
  CampaignOptions o = options();
  o.scores = ScoreMode::changed;
  const CampaignResult result = run(inputs, o);
  const std::vector<float> golden = slow_scores(inputs, nullptr, 11, 512);
  for (const ResolvedFault& row : inputs.list->faults) {
    const std::vector<float> expected = slow_scores(inputs, &row.patch, 11, 512);
    std::vector<int64_t> index;
    std::vector<uint32_t> bits;
    for (size_t i = 0; i < 11; ++i) {
      bool differs = false;
      for (size_t k = i * 7; k < i * 7 + 7; ++k) differs |= float_bits(expected[k]) != float_bits(golden[k]);
      if (!differs) continue;
      index.push_back(static_cast<int64_t>(i));
      for (size_t k = i * 7; k < i * 7 + 7; ++k) bits.push_back(float_bits(expected[k]));
    }
    const auto arrays =
        read_npz(result.score_folder + "/inj_" + std::to_string(row.fault.injection) + ".npz");
    ASSERT_EQ(arrays.size(), 2u);
    EXPECT_EQ(arrays.at("index").to_int64(), index);
    EXPECT_EQ(arrays.at("scores").shape, (std::vector<int64_t>{static_cast<int64_t>(index.size()), 7}));
    std::vector<uint32_t> found;
    for (float score : arrays.at("scores").to_float32()) found.push_back(float_bits(score));
    EXPECT_EQ(found, bits);
  }
}

TEST_F(CampaignRunTest, WithoutAListOnlyTheGoldenRunIsMade) {
  CampaignInputs inputs = random_inputs(11);
  inputs.list.reset();
  CampaignOptions o = options("");
  o.fault_list_path.clear();
  CampaignResult result = run(inputs, o);
  EXPECT_EQ(result.outcome, CampaignOutcome::golden_only);
  EXPECT_FALSE(file_exists(o.output_folder)) << "nothing is to be written";
  o.scores = ScoreMode::all;
  result = run(inputs, o);
  EXPECT_THAT(result.score_folder, testing::MatchesRegex(".*/out/D/N/[0-9]+_[0-9]+(_[0-9]+)?"));
  EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
            npy_bytes(slow_scores(inputs, nullptr, 11, 512), 11, 7));
  EXPECT_EQ(std::distance(fs::recursive_directory_iterator(o.output_folder), {}), 4);
  EXPECT_EQ(result.golden.images, 11);
}

TEST_F(CampaignRunTest, ByDefaultFilesAreNamedAfterDataNetworkAndTime) {
  const CampaignInputs inputs = random_inputs(12);
  CampaignOptions o = options("");
  o.scores = ScoreMode::all;
  const CampaignResult first = run(inputs, o);
  EXPECT_THAT(first.report_path, testing::MatchesRegex(".*/out/D/N/D_N_[0-9]+_[0-9]+\\.csv"));
  EXPECT_THAT(first.metadata_path, testing::MatchesRegex(".*/out/D/N/D_N_[0-9]+_[0-9]+\\.run\\.json"));
  EXPECT_THAT(first.score_folder, testing::MatchesRegex(".*/out/D/N/[0-9]+_[0-9]+"));
  const CampaignResult second = run(inputs, o);  // the first is finished
  EXPECT_NE(second.report_path, first.report_path);
  EXPECT_NE(second.score_folder, first.score_folder);
  EXPECT_EQ(read_text(second.report_path), read_text(first.report_path));
}

TEST_F(CampaignRunTest, ResultAndMetadataSayWhatTheReportHolds) {
  const CampaignInputs inputs = random_inputs(13);
  const CampaignResult result = run(inputs, options());
  EXPECT_EQ(result.outcome, CampaignOutcome::done);
  EXPECT_EQ(result.faults, 20);
  const std::string text = read_text(result.report_path);
  const Report report = parse_report(text, "r");
  const std::vector<BitGroupSummary> groups = summarize_report(result.report_path);
  ASSERT_EQ(groups.size(), 3u);
  int64_t faults = 0, masked = 0, critical = 0, expected_masked = 0, expected_critical = 0;
  for (size_t g = 0; g < 3; ++g) {
    EXPECT_EQ(groups[g].faults, result.groups[g].faults);
    EXPECT_EQ(groups[g].masked, result.groups[g].masked);
    EXPECT_EQ(groups[g].images, groups[g].faults * 11);
    EXPECT_EQ(groups[g].masked + groups[g].non_critical + groups[g].critical, groups[g].images);
    faults += groups[g].faults;
    masked += groups[g].masked;
    critical += groups[g].critical;
  }
  for (const ReportRow& row : report.rows) {
    expected_masked += row.tally.masked;
    expected_critical += row.tally.critical();
  }
  EXPECT_EQ(faults, 20);
  EXPECT_EQ(masked, expected_masked);
  EXPECT_EQ(critical, expected_critical);
  const RunMetadata metadata = metadata_of(result.metadata_path);
  EXPECT_TRUE(metadata.finished);
  EXPECT_EQ(metadata.rows, 20);
  EXPECT_EQ(metadata.report_bytes, text.size());
  EXPECT_EQ(metadata.faults, 20);
  EXPECT_EQ(metadata.images, 11);
  EXPECT_EQ(metadata.classes, 7);
  EXPECT_EQ(metadata.threads, 2);
  EXPECT_EQ(metadata.threads_source, "--threads");
  EXPECT_EQ(metadata.report, "r.csv");
}

TEST_F(CampaignRunTest, SummarizeReportRefusesWhatIsNotWhole) {
  const CampaignResult result = run(random_inputs(13), options());
  const std::string text = read_text(result.report_path);
  write_atomic(path("torn.csv"), text.substr(0, text.size() - 3));
  write_atomic(path("empty.csv"), "");
  EXPECT_EQ(error_of([&] { static_cast<void>(summarize_report(path("torn.csv"))); }).kind(),
            ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(summarize_report(path("empty.csv"))); }).kind(),
            ErrorKind::bad_input);
  EXPECT_EQ(error_of([&] { static_cast<void>(summarize_report(path("none.csv"))); }).kind(),
            ErrorKind::bad_input);
}

TEST_F(CampaignRunTest, TellsHowFarItIs) {
  const CampaignInputs inputs = random_inputs(14);
  std::atomic<int> inside{0};
  std::vector<Progress> seen;
  std::vector<double> times;
  CampaignCallbacks callbacks;
  callbacks.progress = [&](const Progress& progress) {
    EXPECT_EQ(inside++, 0) << "two threads at a time";
    seen.push_back(progress);
    times.push_back(progress.seconds);
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    --inside;
  };
  GoldenSummary golden;
  callbacks.golden = [&](const GoldenSummary& summary) { golden = summary; };
  EngineHooks hooks;
  hooks.piece = [](size_t, size_t) { std::this_thread::sleep_for(std::chrono::milliseconds(10)); };
  CampaignOptions o = options();
  o.threads = 4;
  o.tile = 1;
  const CampaignResult result = run(inputs, o, tuning_with(hooks, 4), callbacks);
  ASSERT_GE(seen.size(), 2u);
  for (size_t i = 1; i < seen.size(); ++i) {
    EXPECT_GE(seen[i].faults_done, seen[i - 1].faults_done);
    EXPECT_GE(seen[i].rows_written, seen[i - 1].rows_written);
    EXPECT_GE(times[i] - times[i - 1], i + 1 < seen.size() ? 0.09 : 0.0);
  }
  EXPECT_EQ(seen.back().faults_total, 20);
  EXPECT_EQ(seen.back().faults_before, 0);
  EXPECT_EQ(seen.back().faults_done, 20.0);
  EXPECT_EQ(seen.back().rows_written, 20);
  EXPECT_EQ(seen.back().images_evaluated, 220);
  EXPECT_EQ(seen.back().critical,
            result.groups[0].critical + result.groups[1].critical + result.groups[2].critical);
  EXPECT_EQ(golden.images, 11);
  EXPECT_EQ(golden.top_1_correct, result.golden.top_1_correct);
}

TEST_F(CampaignRunTest, DryRunWritesNothingAndSaysWhatItWould) {
  const CampaignInputs inputs = random_inputs(15);
  CampaignOptions o = options("");
  o.dry_run = true;
  o.scores = ScoreMode::all;
  const CampaignResult result = run(inputs, o);
  EXPECT_EQ(result.outcome, CampaignOutcome::dry_run);
  EXPECT_FALSE(file_exists(o.output_folder));
  ASSERT_EQ(result.would_write.size(), 4u);
  EXPECT_THAT(result.would_write[0], HasSubstr("/out/D/N/D_N_"));
  EXPECT_THAT(result.would_write[2], HasSubstr("/clean.npy"));
  EXPECT_THAT(result.would_write[3], HasSubstr(".npy and 19 more"));
  EXPECT_GT(result.estimated_seconds, 0);
  EXPECT_GT(result.estimated_memory_bytes, 0u);
  EXPECT_GE(result.estimated_disk_bytes, 21u * 4096);
  EXPECT_EQ(result.faults, 20);
}

TEST_F(CampaignRunTest, MemoryThatIsTooSmallIsRefusedWithTheLeastThatWouldDo) {
  const CampaignInputs inputs = random_inputs(16);
  CampaignOptions o = options();
  o.memory_bytes = 5000;
  EngineHooks hooks;
  hooks.made = [] { ADD_FAILURE() << "an engine was made"; };
  const Error error = error_of([&] { run(inputs, o, tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
  EXPECT_THAT(error.what(), HasSubstr("5.0 kB may be used, this network and test set need at least "));
  EXPECT_FALSE(file_exists(o.report_path));
}

TEST_F(CampaignRunTest, LittleMemoryMakesSmallBlocksAndTheSameBytes) {
  const CampaignInputs inputs = random_inputs(17);
  CampaignOptions o = options();
  o.scores = ScoreMode::all;
  o.memory_bytes = 1 << 20;
  const std::string expected = slow_report(inputs, 11, 512);
  run(inputs, o);
  EXPECT_EQ(read_text(o.report_path), expected);
  o.dry_run = true;
  o.report_path = path("s.csv");
  uint64_t least = o.memory_bytes;
  while (least > 1000) {  // the least that is accepted, to within one part in 32
    o.memory_bytes = least - least / 32;
    try {
      run(inputs, o);
      least = o.memory_bytes;
    } catch (const Error&) {
      break;
    }
  }
  o.dry_run = false;
  o.memory_bytes = least;
  size_t largest = 0;
  EngineHooks hooks;
  hooks.block = [&](size_t faults) { largest = std::max(largest, faults); };
  run(inputs, o, tuning_with(hooks));
  EXPECT_EQ(read_text(o.report_path), expected);
  EXPECT_LE(largest, 3u);
}

TEST_F(CampaignRunTest, RunningOutOfMemoryIsAnErrorOfItsOwn) {
  EngineHooks hooks;
  hooks.block = [](size_t) { throw std::bad_alloc(); };
  const Error error = error_of([&] { run(random_inputs(18), options(), tuning_with(hooks)); });
  EXPECT_EQ(error.kind(), ErrorKind::out_of_memory);
  hooks.block = [](size_t) {};
  hooks.piece = [](size_t, size_t) { throw std::bad_alloc(); };
  EXPECT_EQ(error_of([&] { run(random_inputs(18), options(), tuning_with(hooks)); }).kind(),
            ErrorKind::out_of_memory);
  EXPECT_EQ(run(random_inputs(18), options()).outcome, CampaignOutcome::done);
}

TEST_F(CampaignRunTest, AnOutputThatTheModelLacksIsRefused) {
  CampaignOptions o = options();
  o.output_name = "dense_7";
  const Error error = error_of([&] { run(random_inputs(19), o); });
  EXPECT_EQ(error.kind(), ErrorKind::bad_input);
  EXPECT_STREQ(error.what(), "memory.keras: no output 'dense_7' (--output); the model has dense");
  o.output_name = "dense";
  EXPECT_EQ(run(random_inputs(19), o).outcome, CampaignOutcome::done);
}

TEST_F(CampaignRunTest, KernelsOfAnotherNameAreRefused) {
  CampaignOptions o = options();
  o.kernels = "sse9";
  const Error error = error_of([&] { run(random_inputs(19), o); });
  EXPECT_EQ(error.kind(), ErrorKind::usage);
  EXPECT_THAT(error.what(), HasSubstr("expected one of auto, avx512, avx2, neon, scalar, found 'sse9'"));
}

TEST_F(CampaignRunTest, MeanAndStdNormaliseFloatsToo) {
  CampaignInputs inputs = random_inputs(20);
  CampaignOptions o = options();
  o.mean = {0.5f, 0.25f, 0.0f};
  o.std = {2.0f, 0.5f, 1.0f};
  run(inputs, o);
  std::vector<float>& values = inputs.dataset.inputs[0].floats;
  for (size_t i = 0; i < values.size(); ++i) values[i] = (values[i] - (*o.mean)[i % 3]) / (*o.std)[i % 3];
  EXPECT_EQ(read_text(o.report_path), slow_report(inputs, 11, 512));
}

TEST_F(CampaignRunTest, BytesAreScaledInTheArithmeticAskedFor) {
  CaseOptions c;
  c.bytes = true;
  c.faults = 5;
  const CampaignInputs inputs = random_inputs(21, c);
  for (bool tensorflow : {false, true}) {
    CampaignOptions o = options(tensorflow ? "t.csv" : "n.csv");
    o.use_tensorflow_preprocessing = tensorflow;
    o.scores = ScoreMode::all;
    const CampaignResult result = run(inputs, o);
    CampaignInputs floats = inputs;
    DatasetInput& input = floats.dataset.inputs[0];
    input.is_float = true;
    for (uint8_t byte : input.bytes)
      input.floats.push_back(tensorflow ? static_cast<float>(byte) * (1.0f / 255.0f)
                                        : static_cast<float>(byte) / 255.0f);
    EXPECT_EQ(read_text(o.report_path), slow_report(floats, 11, 512));
    EXPECT_EQ(read_text(result.score_folder + "/clean.npy"),
              npy_bytes(slow_scores(floats, nullptr, 11, 512), 11, 7));
  }
}

struct BadOption {
  std::function<void(CampaignOptions&)> set;
  const char* message;
};

TEST_F(CampaignRunTest, OptionsThatCannotBeMeantAreUsageErrors) {
  const std::vector<BadOption> cases{
      {[](auto& o) { o.batch_size = 0; }, "--batch-size: expected a number from 1, found 0"},
      {[](auto& o) { o.limit = 0; }, "--limit: expected a number from 1, found 0"},
      {[](auto& o) { o.threads = -1; }, "--threads: "},
      {[](auto& o) { o.tile = -1; }, "--tile: "},
      {[](auto& o) { o.resume_from = 3, o.fault_list_path.clear(); }, "--resume-from needs a --fault-list"},
      {[](auto& o) { o.resize = "cubic"; }, "--resize: expected pillow or tensorflow, found 'cubic'"},
      {[](auto& o) {
         o.mean = {0, 0, 0};
       },
       "--mean and --std are given together or not at all"},
      {[](auto& o) {
         o.mean = {0, 0, 0}, o.std = {1, 0, 1};
       },
       "--std: expected three numbers above 0, found 0"},
      {[](auto& o) {
         o.mean = {NAN, 0, 0}, o.std = {1, 1, 1};
       },
       "--mean: "},
      {[](auto& o) { o.report_path = "x/report"; }, "--report: expected a file name with a suffix"},
      {[](auto& o) { o.network = "../N"; }, "--network-name: expected a name"},
      {[](auto& o) { o.dataset = ".."; }, "--dataset: expected a name"}};
  EXPECT_NO_THROW(check_options(options()));
  for (const BadOption& bad : cases) {
    CampaignOptions o = options();
    bad.set(o);
    const Error error = error_of([&] { check_options(o); });
    EXPECT_EQ(error.kind(), ErrorKind::usage);
    EXPECT_THAT(error.what(), testing::StartsWith(bad.message));
  }
}

}  // namespace
}  // namespace tf_injector::test
