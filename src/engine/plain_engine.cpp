// The plain engine: the full pass with the fault's overlay, fault by fault.
#include <algorithm>
#include <cassert>
#include <set>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/parallel.hpp"
#include "engine/engine.hpp"
#include "plan/plan.hpp"

namespace tf_injector::detail {
namespace {

// A tile's activations should stay in a core's own cache.
constexpr size_t kTileBytes = size_t{1} << 20;
constexpr size_t kLargestTile = 64;

// Of the copies of packed weights that a fault in these weights needs.
size_t overlay_bytes(const Plan& plan, const std::set<WeightId>& weights) {
  size_t bytes = 0;
  for (const PlanStep& step : plan.parts().steps) {
    if (std::any_of(weights.begin(), weights.end(),
                    [&](WeightId weight) { return step.kernel->holds(weight); }))
      bytes += step.kernel->patched_bytes();
  }
  return bytes;
}

class PlainEngine final : public Engine {
 public:
  PlainEngine(const Plan& plan, int threads, int tile) : plan_(plan), threads_(threads) {
    for (int i = 0; i < threads; ++i) {
      workspaces_.emplace_back(plan, tile);
      scores_.emplace_back(static_cast<size_t>(tile * plan.classes()));
    }
  }

  void run_golden(const TileImages& images, int thread, std::span<float> scores) override {
    run(nullptr, images, thread, scores);
  }

  void begin_block(PatchRows faults) override {
    overlays_.clear();
    overlays_.resize(faults.size());
    images_.clear();
    for (size_t fault = 0; faults.has_images() && fault < faults.size(); ++fault)
      images_.push_back(faults.image(fault));
    parallel_for(faults.size(), threads_, [&](size_t fault, int) {
      overlays_[fault] = std::make_unique<const Overlay>(plan_, faults[fault]);
    });
  }

  void run_faults(const TileImages& images, BlockIndex first, size_t count, std::span<const float>,
                  int thread, const FaultSink& sink) override {
    assert(first.value + count <= overlays_.size());
    const auto classes = static_cast<size_t>(plan_.classes());
    const std::span<float> scores =
        scores_[static_cast<size_t>(thread)].span().first(static_cast<size_t>(images.tile.images) * classes);
    for (size_t i = 0; i < count; ++i) {
      const BlockIndex fault = first + i;
      const int64_t only = images_.empty() ? kAllImages : images_[fault.value];
      const bool is_here =
          only == kAllImages || (only >= images.tile.first && only < images.tile.first + images.tile.images);
      if (overlays_[fault.value]->steps().empty() || !is_here) {  // golden
        sink.advance(images.tile.images);
        continue;
      }
      run(overlays_[fault.value].get(), images, thread, scores);
      for (int image = 0; image < images.tile.images; ++image)
        if (only == kAllImages || only == images.tile.first + image)
          sink.row(fault, image, scores.subspan(static_cast<size_t>(image) * classes, classes));
      sink.advance(images.tile.images);
    }
  }

 private:
  void run(const Overlay* overlay, const TileImages& images, int thread, std::span<float> scores) {
    evaluate(plan_, overlay, workspaces_[static_cast<size_t>(thread)], images.inputs, images.tile.images,
             {.batch = images.tile.batch, .batch_index = images.tile.batch_index, .stop = images.stop},
             scores);
  }

  const Plan& plan_;
  int threads_;
  std::vector<Workspace> workspaces_;                     // one per thread
  std::vector<AlignedBuffer> scores_;                     // one per thread
  std::vector<std::unique_ptr<const Overlay>> overlays_;  // of the block
  std::vector<int64_t> images_;                           // of its faults; empty: all have them
};

}  // namespace

EngineNeeds plain_engine_needs(const Plan& plan, PatchRows faults) {
  EngineNeeds needs;
  const size_t activations = std::max<size_t>(plan.workspace_bytes_per_image(), 1);
  needs.bytes_per_thread_image = activations + static_cast<size_t>(plan.classes()) * sizeof(float);
  const size_t arrays = plan.parts().memory.slot_elements.size() + 1;
  needs.sizes.front().bytes_per_thread = arrays * AlignedBuffer::bytes_of(0);
  needs.preferred_tile = static_cast<int>(std::clamp<size_t>(kTileBytes / activations, 1, kLargestTile));
  for (const std::set<WeightId>& weights : weights_of(faults))
    needs.bytes_per_fault = std::max(needs.bytes_per_fault, overlay_bytes(plan, weights));
  return needs;
}

std::unique_ptr<Engine> make_plain_engine(const Plan& plan, const EngineLayout& layout) {
  return std::make_unique<PlainEngine>(plan, layout.threads, layout.tile);
}

}  // namespace tf_injector::detail
