// The replay engine: golden activations once per image, every fault from its own layer on, only in the
// receptive field of what has changed (replay/).
#include <cassert>
#include <cmath>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "engine/changed_memory.hpp"
#include "engine/const_engine_arrays.hpp"
#include "engine/engine.hpp"
#include "replay/plan/step_arrays.hpp"
#include "replay/replay.hpp"

namespace tf_injector::detail {
namespace {

// What is asked for sizes: weights take most of a plan's memory.
replay::ReplayPlan without_weights(const Plan& plan, const replay::Shortcuts& shortcuts) {
  return replay::ReplayPlan(plan, shortcuts, {}, replay::Weights::left_out);
}

class ReplayEngine final : public Engine, public ConstEngineArrays {
 public:
  ReplayEngine(const Plan& plan, const EngineLayout& layout, const replay::Shortcuts& shortcuts)
      : plan_(plan),
        replay_plan_(plan, shortcuts,
                     without_weights(plan, shortcuts).pack_sizes(layout.faults).at(layout.size)) {
    for (int i = 0; i < layout.threads; ++i) {
      workspaces_.push_back(std::make_unique<replay::ReplayWorkspace>(replay_plan_));
      golden_.emplace_back(static_cast<size_t>(plan.classes()));
    }
  }

  void run_golden(const TileImages& images, int thread, std::span<float> scores) override {
    const auto classes = static_cast<size_t>(plan_.classes());
    for (int image = 0; image < images.tile.images; ++image)
      golden_of(images, image, thread, scores.subspan(static_cast<size_t>(image) * classes, classes));
  }

  void begin_block(PatchRows faults) override {
    faults_ = PatchTable();
    faults_.reserve(faults.size());
    for (size_t i = 0; i < faults.size(); ++i) faults_.add(faults[i], faults.image(i));
    blocks_.clear();
  }

  // Golden is computed once more in any case: that it is what it was costs nothing to see.
  void run_faults(const TileImages& images, BlockIndex first, size_t count, std::span<const float> golden,
                  int thread, const FaultSink& sink) override {
    const replay::FaultBlock& block = prepared(first, count);
    const std::span<float> again = golden_[static_cast<size_t>(thread)].span();
    for (int image = 0; image < images.tile.images; ++image) {
      if (block.is_idle_on(images.tile.first + image)) {
        sink.advance(static_cast<int64_t>(block.size()));
        continue;
      }
      golden_of(images, image, thread, again);
      require_same_golden(golden.subspan(static_cast<size_t>(image) * again.size(), again.size()), again,
                          images.tile.first + image);
      faults_of(block, images.tile.first + image, image, thread, sink);
    }
  }

  void run_golden_and_faults(const TileImages& images, size_t count, std::span<float> golden, int thread,
                             const std::function<void(int image)>& golden_row,
                             const FaultSink& sink) override {
    const auto classes = static_cast<size_t>(plan_.classes());
    const replay::FaultBlock& block = prepared(BlockIndex(0), count);
    sink.advance(0);  // whoever takes the time: golden begins here
    for (int image = 0; image < images.tile.images; ++image) {
      golden_of(images, image, thread, golden.subspan(static_cast<size_t>(image) * classes, classes));
      golden_row(image);
      faults_of(block, images.tile.first + image, image, thread, sink);
    }
  }

  void visit_arrays(const std::function<void(size_t, std::span<const std::byte>)>& visit) const override {
    for (size_t step = 0; step < replay_plan_.steps().size(); ++step) {
      replay::visit_arrays(replay_plan_.steps()[step],
                           [&](std::span<const std::byte> array) { visit(step, array); });
    }
  }

 private:
  // On the image that golden_of saw last: `number` of the test set, `image` of the tile.
  void faults_of(const replay::FaultBlock& block, int64_t number, int image, int thread,
                 const FaultSink& sink) {
    block.for_each_group(number, [&](const replay::Group& group) {
      workspaces_[static_cast<size_t>(thread)]->run_group(
          group, [&](BlockIndex fault, std::span<const float> scores) { sink.row(fault, image, scores); });
    });
    sink.advance(static_cast<int64_t>(block.size()));
  }

  void golden_of(const TileImages& images, int image, int thread, std::span<float> scores) {
    std::vector<std::span<const float>> inputs;
    for (const std::span<const float>& input : images.inputs) {
      const size_t elements = input.size() / static_cast<size_t>(images.tile.images);
      inputs.push_back(input.subspan(static_cast<size_t>(image) * elements, elements));
    }
    workspaces_[static_cast<size_t>(thread)]->run_golden(
        inputs,
        {.batch = images.tile.batch,
         .batch_index = (images.tile.batch_index + image) % images.tile.batch,
         .stop = images.stop},
        scores);
  }

  // `count` faults of the block from `first` on, prepared once for all tiles.
  const replay::FaultBlock& prepared(BlockIndex first, size_t count) {
    assert(first.value + count <= faults_.size());
    const std::lock_guard lock(preparing_);
    auto& block = blocks_[{first, count}];
    if (!block) {
      block = std::make_unique<const replay::FaultBlock>(replay_plan_,
                                                         faults_.rows().subspan(first.value, count), first);
    }
    return *block;
  }

  const Plan& plan_;
  replay::ReplayPlan replay_plan_;
  std::vector<std::unique_ptr<replay::ReplayWorkspace>> workspaces_;  // one per thread
  std::vector<AlignedBuffer> golden_;                                 // one per thread
  PatchTable faults_;                                                 // of the block
  std::mutex preparing_;
  std::map<std::pair<BlockIndex, size_t>, std::unique_ptr<const replay::FaultBlock>> blocks_;
};

// Of a thread; found by trying: half as many lanes are about 0.8 times as fast.
double speed_of(const replay::PackSize& size, const replay::PackSize& fastest) {
  const double packs = size.packs < fastest.packs ? 0.95 : 1.0;
  return packs * std::pow(static_cast<double>(size.lanes) / fastest.lanes, 0.3);
}

}  // namespace

EngineNeeds replay_engine_needs(const Plan& plan, PatchRows faults, const replay::Shortcuts& shortcuts) {
  const replay::ReplayPlan replay_plan = without_weights(plan, shortcuts);
  const std::vector<replay::PackSize> sizes = replay_plan.pack_sizes(faults.size());
  const replay::PackSize fastest = sizes.front();
  EngineNeeds needs;
  needs.sizes.clear();
  for (const replay::PackSize& size : sizes) {
    needs.sizes.push_back({.bytes_per_thread = replay_plan.workspace_bytes(size),
                           .speed = speed_of(size, fastest),
                           .least_block = static_cast<size_t>(size.lanes) * size.packs});
  }
  needs.bytes = replay_plan.bytes();
  needs.bytes_per_fault =
      replay_plan.bytes_per_fault(faults) + faults.most_patches() * sizeof(Patch) + sizeof(size_t);
  needs.preferred_tile = 8;
  needs.repeats_golden = true;
  return needs;
}

std::unique_ptr<Engine> make_replay_engine(const Plan& plan, const EngineLayout& layout,
                                           const replay::Shortcuts& shortcuts) {
  return std::make_unique<ReplayEngine>(plan, layout, shortcuts);
}

}  // namespace tf_injector::detail
