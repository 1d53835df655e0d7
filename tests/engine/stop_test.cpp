// A run that is to stop ends between two steps of the network, not at the end of its tile.
#include "core/stop.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <vector>

#include "engine/engine_choice.hpp"
#include "support/random_network.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kImages = 3;
constexpr size_t kFaults = 300;  // more than a pack holds

class EngineStop : public testing::Test {
 protected:
  EngineStop() {
    std::mt19937 rng(71);
    test::NetworkBuilder builder(rng, {});
    const Graph graph = builder.build();
    for (size_t i = 0; i < kFaults; ++i) faults_.push_back(test::random_fault(rng, graph, builder.kernels));
    plan_.emplace(Plan::compile(graph, {}));
    images_ = test::random_values(rng, kImages * graph.nodes[0].shape.elements(), test::Values::ordinary);
    input_ = images_;
    scores_.resize(static_cast<size_t>(kImages * plan_->classes()));
  }
  // Of every engine that runs this plan.
  void for_each_engine(const std::function<void(Engine&)>& test) {
    std::vector<EngineChoice> choices = {plain_engine()};
    if (plan_->kernels() != KernelSet::scalar) choices.push_back(replay_engine());
    for (const EngineChoice& choice : choices) {
      SCOPED_TRACE(&choice == &choices.front() ? "plain" : "replay");
      const std::unique_ptr<Engine> engine = choice.make(*plan_, {.tile = kImages, .faults = kFaults});
      test(*engine);
    }
  }
  [[nodiscard]] TileImages tile(const std::atomic<bool>& stop) const {
    return {.inputs = {&input_, 1},
            .tile = {.first = 0, .images = kImages, .batch = kImages, .batch_index = 0},
            .stop = &stop};
  }
  // Rows that an engine gives of the faults; the stop is set when there are so many.
  size_t rows_until(Engine& engine, size_t rows, std::atomic<bool>& stop) {
    stop = false;
    engine.run_golden(tile(stop), 0, scores_);
    engine.begin_block(faults_);
    size_t given = 0;
    const auto row = [&](BlockIndex, int, std::span<const float>) { stop = ++given >= rows; };
    try {
      engine.run_faults(tile(stop), BlockIndex(0), kFaults, scores_, 0,
                        {.row = row, .advance = [](int64_t) {}});
    } catch (const Stopped&) {
      EXPECT_TRUE(stop);
    }
    return given;
  }

  std::optional<Plan> plan_;
  std::vector<Patch> faults_;
  std::vector<float> images_, scores_;
  std::span<const float> input_;
};

TEST_F(EngineStop, NoGoldenRunBegins) {
  const std::atomic<bool> stop{true};
  for_each_engine([&](Engine& engine) { EXPECT_THROW(engine.run_golden(tile(stop), 0, scores_), Stopped); });
}

TEST_F(EngineStop, TheFaultsOfAnImageAreNotFinished) {
  std::atomic<bool> stop{false};
  for_each_engine([&](Engine& engine) {
    const size_t all = rows_until(engine, SIZE_MAX, stop);
    EXPECT_GT(all, kFaults);
    EXPECT_LT(rows_until(engine, 1, stop), all / kImages);
  });
}

}  // namespace
}  // namespace tf_injector::detail
