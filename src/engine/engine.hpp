// The seam between a campaign and the arithmetic: an Engine gives the scores of a block of faults on a tile
// of images. The plain engine evaluates the whole network for every fault; it is what every other engine is
// held against.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "core/fault_index.hpp"
#include "engine/tiles.hpp"
#include "graph/patch.hpp"
#include "plan/plan.hpp"
#include "replay/plan/shortcuts.hpp"

namespace tf_injector::detail {

// A tile's preprocessed images: one span per input of the plan.
struct TileImages {
  std::span<const std::span<const float>> inputs;
  Tile tile;
  // Once it is true, the engine throws Stopped between two steps of the network, and is then of no further
  // use.
  const std::atomic<bool>* stop = nullptr;
};

// Where an engine puts what it finds. Both are called on the engine's thread and may throw: the engine stops.
struct FaultSink {
  // Scores of one image of the tile (`image` from 0) under a fault. Called for every row that differs from
  // the golden one in some bit; rows that do not may be left out.
  std::function<void(BlockIndex fault, int image, std::span<const float> scores)> row;
  // So many pairs of fault and image are finished since the last call. Called several times a second.
  std::function<void(int64_t pairs)> advance;
};

// A size in which an engine can be made: smaller ones take less memory and longer.
struct EngineSize {
  size_t bytes_per_thread = 0;  // whatever the tile
  double speed = 1;             // about, of a thread, where the first size has 1
  size_t least_block = 1;       // faults that a call of run_faults should have to be worth its fixed cost
};

// The most that an engine will take, known before it is made: threads, tile, size and block are chosen by it.
struct EngineNeeds {
  std::vector<EngineSize> sizes = {{}};  // the fastest first, the smallest last
  size_t bytes = 0;                      // shared by all threads
  size_t bytes_per_thread_image = 0;     // per thread and image of its tile
  size_t bytes_per_fault = 0;            // per fault of a block, at most
  int preferred_tile = 1;                // images, when nobody says otherwise
  bool repeats_golden = false;           // run_faults evaluates the tile without a fault once more
};

struct EngineLayout {
  int threads = 1, tile = 1;
  size_t size = 0;           // which of EngineNeeds::sizes
  size_t faults = SIZE_MAX;  // of the run that EngineNeeds were told for
};

class Engine {
 public:
  virtual ~Engine() = default;

  // The scores without a fault: tile.images x plan.classes(). Every NaN is kCanonicalNan, here and in sinks.
  // `thread`: 0..threads-1, each used by one caller at a time.
  virtual void run_golden(const TileImages& images, int thread, std::span<float> scores) = 0;

  // Prepares the faults that run_faults speaks of. Must not overlap with other calls. Throws std::bad_alloc.
  virtual void begin_block(PatchRows faults) = 0;

  // `count` faults of the block from `first` on, on one tile. `golden`: the tile's scores from run_golden.
  virtual void run_faults(const TileImages& images, BlockIndex first, size_t count,
                          std::span<const float> golden, int thread, const FaultSink& sink) = 0;

  // run_golden, and then run_faults for the first `count` faults, in one: an engine that repeats golden need
  // not here. `golden_row(image)`: that image's row is in `golden` now; called for every image of the tile,
  // before any of its rows goes to the sink.
  virtual void run_golden_and_faults(const TileImages& images, size_t count, std::span<float> golden,
                                     int thread, const std::function<void(int image)>& golden_row,
                                     const FaultSink& sink) {
    run_golden(images, thread, golden);
    for (int image = 0; image < images.tile.images; ++image) golden_row(image);
    run_faults(images, BlockIndex(0), count, golden, thread, sink);
  }
};

// For a run with these faults.
[[nodiscard]] EngineNeeds plain_engine_needs(const Plan& plan, PatchRows faults);
// `plan` must outlive the engine.
[[nodiscard]] std::unique_ptr<Engine> make_plain_engine(const Plan& plan, const EngineLayout& layout);

// Equal to the plain engine in every bit, many times as fast; not for the scalar kernels.
[[nodiscard]] EngineNeeds replay_engine_needs(const Plan& plan, PatchRows faults,
                                              const replay::Shortcuts& shortcuts = {});
[[nodiscard]] std::unique_ptr<Engine> make_replay_engine(const Plan& plan, const EngineLayout& layout,
                                                         const replay::Shortcuts& shortcuts = {});

}  // namespace tf_injector::detail
