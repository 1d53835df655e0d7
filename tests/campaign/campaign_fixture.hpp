// Small campaigns in memory: random networks, images and faults; an engine that tests can watch and disturb.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "io/file.hpp"
#include "kernels/kernel_set.hpp"
#include "report/csv_report.hpp"
#include "report/run_metadata.hpp"
#include "support/campaign_run.hpp"
#include "support/random_network.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::test {

namespace fs = std::filesystem;

// A fresh folder per test, gone afterwards.
class FolderTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* info = testing::UnitTest::GetInstance()->current_test_info();
    std::string name = std::string(info->test_suite_name()) + "_" + info->name();
    std::replace(name.begin(), name.end(), '/', '_');
    folder_ = testing::TempDir() + "tfi_" + std::to_string(getpid()) + "_" + name;
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ + "/" + name; }

  std::string folder_;
};

inline std::vector<int64_t> index_of_element(const Shape& shape, int64_t element) {
  std::vector<int64_t> index(static_cast<size_t>(shape.rank()));
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[static_cast<size_t>(axis)] = element % shape[axis];
    element /= shape[axis];
  }
  return index;
}

struct CaseOptions {
  NetworkOptions network{.side = 5, .channels = 4, .classes = 7, .blocks = 1};
  int64_t images = 11;
  int faults = 20;
  bool bytes = false;  // uint8 images
};

// Changes a value of an array.
template <typename Value>
void set_value(SharedArray<Value>& array, size_t i, Value value) {
  std::vector<Value> values = array.copy();
  values[i] = value;
  array = std::move(values);
}

inline Dataset random_dataset(std::mt19937& rng, const CaseOptions& options) {
  Dataset dataset{
      .name = "D", .source = "memory", .sha256 = std::string(64, 'd'), .inputs = {}, .labels = {}};
  const int64_t side = options.network.side;
  DatasetInput input{
      .name = "", .shape = {side, side, 3}, .is_float = !options.bytes, .bytes = {}, .floats = {}};
  if (options.bytes) {
    std::vector<uint8_t> bytes;
    for (int64_t i = 0; i < options.images * side * side * 3; ++i)
      bytes.push_back(static_cast<uint8_t>(rng()));
    input.bytes = std::move(bytes);
  } else {
    input.floats = random_values(rng, options.images * side * side * 3, Values::ordinary);
  }
  dataset.inputs.push_back(std::move(input));
  for (int64_t i = 0; i < options.images; ++i)
    dataset.labels.push_back(static_cast<int32_t>(rng() % static_cast<uint64_t>(options.network.classes)));
  return dataset;
}

// Unsorted ids, any bit, and values that no single flip makes: Inf and NaN.
inline ResolvedFaultList random_list(std::mt19937& rng, const Graph& graph,
                                     const std::vector<size_t>& kernels, int count) {
  ResolvedFaultList list;
  list.path = "list.csv";
  list.sha256 = std::string(64, 'f');
  std::vector<int64_t> ids(static_cast<size_t>(count));
  std::iota(ids.begin(), ids.end(), 100);
  std::shuffle(ids.begin(), ids.end(), rng);
  for (int64_t id : ids) {
    const Patch patch = random_fault(rng, graph, kernels);
    const auto weight = static_cast<size_t>(patch.weight);
    Fault fault =
        bit_flip(id, graph.weights[weight].name, index_of_element(graph.weights[weight].shape, patch.element),
                 static_cast<int>(rng() % 32));
    list.add(std::move(fault), patch);
  }
  return list;
}

inline RunInputs random_inputs(unsigned seed, const CaseOptions& options = {}) {
  std::mt19937 rng(seed);
  NetworkBuilder builder(rng, options.network);
  RunInputs inputs;
  inputs.graph = builder.build();
  inputs.dataset = random_dataset(rng, options);
  inputs.list = random_list(rng, inputs.graph, builder.kernels, options.faults);
  inputs.model_path = "memory.keras";
  inputs.model_sha256 = std::string(64, 'a');
  return inputs;
}

// A window on an engine: what tests want to see or to break.
struct EngineHooks {
  std::function<void()> made = [] {};
  std::function<void(size_t faults)> block = [](size_t) {};
  std::function<void(size_t first, size_t count)> piece = [](size_t, size_t) {};
  // May change what the engine found: a mistake in it. `image` is of the data set.
  std::function<void(size_t fault, int image, std::span<float> scores)> spoil;
  std::function<void(std::span<float> scores)> spoil_golden;
  std::function<size_t(size_t fault, int image)> times;  // a row is given so often; always once where empty
  bool only_changed_rows = false;  // as an engine may do: rows that equal the golden run's are left out
};

class WatchedEngine final : public Engine {
 public:
  WatchedEngine(std::unique_ptr<Engine> engine, const Plan& plan, const EngineHooks& hooks)
      : engine_(std::move(engine)), classes_(static_cast<size_t>(plan.classes())), hooks_(hooks) {
    hooks_.made();
  }
  void run_golden(const TileImages& images, int thread, std::span<float> scores) override {
    engine_->run_golden(images, thread, scores);
    if (hooks_.spoil_golden) hooks_.spoil_golden(scores);
  }
  void begin_block(PatchRows faults) override {
    hooks_.block(faults.size());
    engine_->begin_block(faults);
  }
  void run_faults(const TileImages& images, BlockIndex first, size_t count, std::span<const float> golden,
                  int thread, const FaultSink& sink) override {
    hooks_.piece(first.value, count);
    engine_->run_faults(images, first, count, golden, thread, watched(images.tile.first, golden, sink));
  }
  void run_golden_and_faults(const TileImages& images, size_t count, std::span<float> golden, int thread,
                             const std::function<void(int image)>& golden_row,
                             const FaultSink& sink) override {
    hooks_.piece(0, count);
    const auto row = [&](int image) {
      if (hooks_.spoil_golden)
        hooks_.spoil_golden(golden.subspan(static_cast<size_t>(image) * classes_, classes_));
      golden_row(image);
    };
    engine_->run_golden_and_faults(images, count, golden, thread, row,
                                   watched(images.tile.first, golden, sink));
  }

 private:
  FaultSink watched(int64_t first, std::span<const float> golden, const FaultSink& sink) const {
    FaultSink filtered = sink;
    filtered.row = [this, first, golden, &sink](BlockIndex fault, int image, std::span<const float> found) {
      std::vector<float> scores(found.begin(), found.end());
      const auto in_data = static_cast<int>(first + image);
      if (hooks_.spoil) hooks_.spoil(fault.value, in_data, scores);
      const auto same = golden.subspan(static_cast<size_t>(image) * classes_, classes_);
      const bool equal = std::equal(scores.begin(), scores.end(), same.begin(),
                                    [](float a, float b) { return float_bits(a) == float_bits(b); });
      if (equal && hooks_.only_changed_rows) return;
      for (size_t left = hooks_.times ? hooks_.times(fault.value, in_data) : 1; left > 0; --left)
        sink.row(fault, image, scores);
    };
    return filtered;
  }

  std::unique_ptr<Engine> engine_;
  size_t classes_;
  EngineHooks hooks_;
};

// Watched, the engine that a campaign takes; tests of what must hold for any engine go over both_engines().
inline RunTuning tuning_with(EngineHooks hooks, size_t block = 0,
                             const EngineChoice& engine = default_engine()) {
  RunTuning tuning;
  tuning.engine.needs = engine.needs;
  tuning.engine.make = [hooks = std::move(hooks), make = engine.make](const Plan& plan,
                                                                      const EngineLayout& layout) {
    return std::make_unique<WatchedEngine>(make(plan, layout), plan, hooks);
  };
  tuning.most_faults_per_block = block;
  return tuning;
}

struct NamedEngine {
  const char* name;
  EngineChoice engine;
};
// What a campaign is run with, and what that is held against. The scalar kernels have the latter only.
inline std::vector<NamedEngine> both_engines() {
  return {{"plain engine", plain_engine()}, {"replay engine", default_engine()}};
}

inline RunTuning blocks_of(size_t faults) {
  RunTuning tuning;
  tuning.most_faults_per_block = faults;
  return tuning;
}

inline RunTuning no_inference() {
  EngineHooks hooks;
  hooks.made = [] { ADD_FAILURE() << "an engine was made"; };
  return tuning_with(hooks);
}

// Campaigns that write into the test's folder.
class CampaignTest : public FolderTest {
 protected:
  [[nodiscard]] RunOptions options(const std::string& report = "r.csv") const {
    RunOptions options;
    options.dataset = "D";
    options.network = "N";
    options.folder = path("out");
    if (!report.empty()) options.path = path(report);
    options.threads = 2;
    return options;
  }
  static RunResult run(const RunInputs& inputs, const RunOptions& options, const RunTuning& tuning = {},
                       const CampaignCallbacks& callbacks = {}) {
    return run_on(inputs, options, callbacks, tuning);
  }
  // The report of a run that nothing disturbs.
  std::string whole_report(const RunInputs& inputs) {
    RunOptions o = options("whole/whole.csv");
    run(inputs, o);
    return read_text(o.path);
  }
  // Runs until the block of this number (from 0) begins, and is stopped there.
  static void run_until_block(const RunInputs& inputs, const RunOptions& options, int block, size_t size) {
    std::atomic<bool> stop{false};
    int blocks = 0;
    EngineHooks hooks;
    hooks.block = [&](size_t) { stop = blocks++ == block; };
    CampaignCallbacks callbacks;
    callbacks.stop = &stop;
    const Error error = error_of([&] { run(inputs, options, tuning_with(hooks, size), callbacks); });
    EXPECT_EQ(error.kind(), ErrorKind::interrupted) << error.what();
  }
  static Error error_of(const std::function<void()>& work) {
    try {
      work();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was refused";
    return {ErrorKind::internal, "nothing was refused"};
  }
  static RunMetadata metadata_of(const std::string& metadata_path) {
    return parse_metadata(read_text(metadata_path), metadata_path);
  }
};

// Campaigns that replay; a CPU for which there are only the scalar kernels runs none of them.
class ReplayCampaignTest : public CampaignTest {
 protected:
  void SetUp() override {
    CampaignTest::SetUp();
    if (available_kernel_sets().front() == KernelSet::scalar)
      GTEST_SKIP() << "no SIMD kernels for this CPU (AVX2, AVX-512, NEON): replay is not used";
  }
};

}  // namespace tf_injector::detail::test
