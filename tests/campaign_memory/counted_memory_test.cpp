// What a campaign allocates stays below what it says that it takes at most, and that is not far too much:
// counted by the allocation functions of this program.
#include <gtest/gtest.h>

#include "campaign/campaign_fixture.hpp"
#include "support/counted_allocations.hpp"

namespace tf_injector::detail::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSlow = true;  // so blocks are cut short
#else
constexpr bool kIsSlow = false;
#endif

// Layer after layer, with random weights.
class LayerStack {
 public:
  LayerStack(std::mt19937& rng, Shape input) : rng_(rng) {
    last_ = graph_.add_input("input", "input", input);
  }

  LayerStack& convolve(int64_t filters, bool pools) {
    const int64_t cin = shape().back();
    const WeightId kernel = weight({3, 3, cin, filters}, 0.1f);
    add(ops::Conv2D{.kernel = kernel,
                    .bias = weight({filters}, 0.1f),
                    .kernel_size = {3, 3},
                    .filters = filters,
                    .padding = ops::Padding::same});
    add(ops::Activation{.kind = ops::ActivationKind::relu});
    if (pools) add(ops::MaxPool2D{.pool_size = {2, 2}, .strides = {2, 2}});
    return *this;
  }
  LayerStack& flatten() {
    add(ops::Reshape{Shape{shape().elements()}});
    return *this;
  }
  LayerStack& dense(int64_t units, bool relu = true) {
    const WeightId kernel = weight({shape().back(), units}, 0.05f);
    add(ops::Dense{.kernel = kernel, .bias = weight({units}, 0.1f), .units = units});
    if (relu) add(ops::Activation{.kind = ops::ActivationKind::relu});
    return *this;
  }
  [[nodiscard]] Graph graph() {
    graph_.outputs = {last_};
    graph_.output_names = {"scores"};
    return std::move(graph_);
  }
  std::vector<size_t> kernels;  // weights that faults may hit

 private:
  [[nodiscard]] const Shape& shape() const { return graph_.nodes[static_cast<size_t>(last_)].shape; }
  void add(Op op) {
    last_ = graph_.add("layer" + std::to_string(graph_.nodes.size()), std::move(op), {last_});
  }
  WeightId weight(Shape shape, float scale) {
    if (shape.rank() > 1) kernels.push_back(graph_.weights.size());
    Weight w{"w" + std::to_string(graph_.weights.size()), shape, {}};
    w.values.reserve(static_cast<size_t>(shape.elements()));
    for (int64_t i = 0; i < shape.elements(); ++i)
      w.values.push_back(scale * (static_cast<float>(rng_() % 2001) / 1000.0f - 1.0f));
    graph_.weights.push_back(std::move(w));
    return static_cast<WeightId>(graph_.weights.size() - 1);
  }

  std::mt19937& rng_;
  Graph graph_;
  NodeId last_ = -1;
};

struct Work {
  int64_t images = 2;
  int faults = 12;
};

RunInputs inputs_of(std::mt19937& rng, Graph graph, const std::vector<size_t>& kernels, const Work& work) {
  RunInputs inputs;
  inputs.graph = std::move(graph);
  const Shape shape = inputs.graph.nodes.front().shape;
  inputs.dataset = {
      .name = "D", .source = "memory", .sha256 = std::string(64, 'd'), .inputs = {}, .labels = {}};
  inputs.dataset.inputs.push_back(
      {.name = "",
       .shape = shape.dims(),
       .is_float = true,
       .bytes = {},
       .floats = random_values(rng, work.images * shape.elements(), Values::ordinary)});
  inputs.dataset.labels.assign(static_cast<size_t>(work.images), 1);
  inputs.list = random_list(rng, inputs.graph, kernels, work.faults);
  inputs.model_path = "memory.keras";
  inputs.model_sha256 = std::string(64, 'a');
  return inputs;
}

RunInputs stack_inputs(LayerStack& stack, std::mt19937& rng, const Work& work) {
  Graph graph = stack.graph();
  return inputs_of(rng, std::move(graph), stack.kernels, work);
}

RunInputs vgg16_like(const Work& work) {
  std::mt19937 rng(31);
  LayerStack stack(rng, Shape{32, 32, 3});
  for (const int64_t filters : {64, 128, 256, 512, 512})
    stack.convolve(filters, false).convolve(filters, true);
  stack.flatten().dense(2048).dense(1024).dense(10, false);
  return stack_inputs(stack, rng, work);
}

RunInputs many_dense(int layers, int64_t units, const Work& work) {
  std::mt19937 rng(32);
  LayerStack stack(rng, Shape{units});
  for (int i = 0; i < layers; ++i) stack.dense(units);
  stack.dense(10, false);
  return stack_inputs(stack, rng, work);
}

RunInputs resnet_like(const Work& work) {
  std::mt19937 rng(33);
  NetworkBuilder builder(rng, {.side = 32, .channels = 16, .classes = 10, .blocks = 5});
  Graph graph = builder.build();
  return inputs_of(rng, std::move(graph), builder.kernels, work);
}

class CountedMemoryTest : public CampaignTest {
 protected:
  // What a dry run says.
  static uint64_t said(const RunInputs& inputs, RunOptions o, const RunTuning& tuning) {
    o.dry_run = true;
    return run(inputs, o, tuning).estimated_memory_bytes;
  }
  // The most that is counted, the inputs among it, which the run owns.
  static uint64_t taken(const RunInputs& inputs, const RunOptions& o, const RunTuning& tuning) {
    return most_while([&] {
      RunInputs own = inputs;
      static_cast<void>(run_on(std::move(own), o, {}, tuning));
    });
  }
  // `factor`: how much more than is taken may be said, beside a MiB for every thread and one for all of them,
  // of which no allocation is counted.
  void expect_stated(const RunInputs& inputs, double factor) {
    for (const NamedEngine& engine : both_engines()) {
      for (const int threads : {1, 2}) {
        SCOPED_TRACE(std::string(engine.name) + ", threads: " + std::to_string(threads));
        RunOptions o = options();
        o.overwrite = true;
        o.threads = threads;
        RunTuning tuning;
        tuning.engine = engine.engine;
        // How many faults a block takes depends on how long they take, and each takes a copy of weights.
        if (engine.name == both_engines().front().name) tuning.most_faults_per_block = 4;
        const uint64_t most = said(inputs, o, tuning), found = taken(inputs, o, tuning);
        EXPECT_LE(found, most);
        EXPECT_LE(static_cast<double>(most),
                  factor * static_cast<double>(found) + (threads + 1) * double(1 << 20));
      }
    }
  }
  // The least that is accepted, to a part in 256.
  static uint64_t least(const RunInputs& inputs, RunOptions o, const RunTuning& tuning) {
    o.dry_run = true;
    uint64_t accepted = uint64_t{4} << 30, refused = 1000;
    while (accepted - refused > accepted / 256) {
      o.memory_bytes = (accepted + refused) / 2;
      try {
        static_cast<void>(run(inputs, o, tuning));
        accepted = o.memory_bytes;
      } catch (const Error&) {
        refused = o.memory_bytes;
      }
    }
    return accepted;
  }
};

TEST_F(CountedMemoryTest, OfNetworksWithManyWeights) {
  {
    SCOPED_TRACE("VGG16");
    expect_stated(vgg16_like({}), 2.0);
  }
  {
    SCOPED_TRACE("28 x Dense 1024");
    expect_stated(many_dense(28, 1024, {}), 1.5);
  }
  {
    SCOPED_TRACE("2 x Dense 4096");
    expect_stated(many_dense(2, 4096, {.images = 2, .faults = 4}), 2.0);
  }
}

// In packs of which every lane could reach every pixel: far fewer do.
TEST_F(CountedMemoryTest, OfNetworksWithLargeWorkspaces) {
  expect_stated(resnet_like({.images = 4, .faults = 150}), 8.0);
}

TEST_F(CountedMemoryTest, OfTinyCampaigns) {
  expect_stated(resnet_like({.images = 1, .faults = 2}), 6.0);
  expect_stated(vgg16_like({.images = 1, .faults = 2}), 2.5);
}

// Rows are many and have long names: a report of them is begun, read where it is finished, and gone on with
// where its end is torn.
TEST_F(CountedMemoryTest, OfReportsThatOutweighTheNetwork) {
  std::mt19937 rng(35);
  LayerStack stack(rng, Shape{8});
  stack.dense(8).dense(4, false);
  RunInputs inputs = stack_inputs(stack, rng, {.images = 1, .faults = 12000});
  const RunOptions o = options();
  const uint64_t with_short_names = said(inputs, o, {});
  std::vector<Fault> renamed = FaultRows(inputs.list->faults).faults();
  for (Fault& fault : renamed) fault.parts[0].layer.assign(1500, 'n');
  inputs.list->faults = FaultTable(renamed);
  const double names = 12000 * 1500;
  EXPECT_NEAR(static_cast<double>(said(inputs, o, {}) - with_short_names), 2 * names, 0.2 * names)
      << "of the rows, of a block's text; a list has each name once";

  const RunTuning tuning = blocks_of(500);
  const uint64_t most = said(inputs, o, tuning);
  const auto expect_below = [&](const char* what) {
    SCOPED_TRACE(what);
    EXPECT_LE(taken(inputs, o, tuning), most);
    EXPECT_EQ(said(inputs, o, tuning), most) << "whatever the report has already";
  };
  expect_below("begun");
  expect_below("finished");
  RunMetadata metadata = metadata_of(path("r.run.json"));
  metadata.finished = false;
  metadata.pending = PendingBlock{
      .rows = metadata.rows + 1, .bytes = metadata.report_bytes + 1600, .sha256 = metadata.report_sha256};
  write_atomic(path("r.run.json"), metadata_text(metadata));
  write_atomic(o.path, read_text(o.path) + "12345,");
  const uint64_t torn = taken(inputs, o, tuning);
  EXPECT_LE(torn, most);
  EXPECT_LE(static_cast<double>(most), 1.3 * static_cast<double>(torn));
  EXPECT_EQ(metadata_of(path("r.run.json")).rows, 12000);
}

// Of many classes, and of the most that have a table of the classes gone to.
TEST_F(CountedMemoryTest, OfDetails) {
  for (const auto& [classes, threads] :
       std::vector<std::pair<int64_t, int>>{{1000, 1}, {1000, 2}, {200, 1}}) {
    std::mt19937 rng(36);
    LayerStack stack(rng, Shape{8});
    stack.dense(16).dense(classes, false);
    const RunInputs inputs = stack_inputs(stack, rng, {.images = 4, .faults = 3000});
    RunOptions o = options();
    o.overwrite = true;
    o.threads = threads;
    const RunTuning tuning = blocks_of(3000);
    const uint64_t without = said(inputs, o, tuning);
    o.details = true;
    o.details_path = path("r.details.csv");
    const uint64_t most = said(inputs, o, tuning), found = taken(inputs, o, tuning);
    EXPECT_LE(found, most) << classes;
    // Of two threads one may have done all of it.
    if (threads == 1 && !kIsSlow) {
      EXPECT_LE(static_cast<double>(most), 4 * static_cast<double>(found)) << classes;
    }
    EXPECT_GE(most - without, 3000 * static_cast<uint64_t>(classes) * sizeof(int32_t)) << classes;
  }
}

// Smaller packs, tiles and blocks, fewer threads.
TEST_F(CountedMemoryTest, StaysBelowAnyBound) {
  const RunInputs inputs = resnet_like({.images = 4, .faults = 100});
  for (const NamedEngine& engine : both_engines()) {
    SCOPED_TRACE(engine.name);
    RunOptions o = options();
    o.overwrite = true;
    o.threads = 2;
    RunTuning tuning;
    tuning.engine = engine.engine;
    const uint64_t smallest = least(inputs, o, tuning);
    for (const double factor : {1.0, 1.5, 3.0}) {
      o.memory_bytes = static_cast<uint64_t>(factor * static_cast<double>(smallest));
      EXPECT_LE(taken(inputs, o, tuning), o.memory_bytes) << factor;
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail::test
