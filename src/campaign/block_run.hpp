// One block of faults on all images, over the threads.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <vector>

#include "campaign/golden_run.hpp"
#include "campaign/metrics.hpp"
#include "campaign/setup.hpp"

namespace tf_injector {

// What a block of faults gave, in the list's order.
struct BlockResult {
  std::vector<Tally> tallies;              // one per fault
  std::vector<std::vector<float>> scores;  // per fault: images x classes, or empty where they are not kept
};

class BlockRunner {
 public:
  // All must outlive it. `keep(place)`: are the scores wanted of
  // the fault at this place of the setup's faults? `advance`: called on any thread,
  // several times a second, with the pairs of fault and image that are finished since.
  BlockRunner(const Setup& setup, Engine& engine, const GoldenRun& golden,
              std::function<bool(size_t place)> keep, const std::atomic<bool>* stop,
              std::function<void(int64_t pairs)> advance);

  // The faults first..first+count-1 of the setup. The result does not depend on threads, tiles or pieces.
  // Throws Stopped, std::bad_alloc, and what the engine and `advance` throw.
  [[nodiscard]] BlockResult run(size_t first, size_t count);

 private:
  // One thread's piece of work: some faults of the block on one tile.
  struct Piece {
    const Tile* tile = nullptr;
    size_t first = 0, count = 0;  // of the block
  };
  [[nodiscard]] std::vector<Piece> cut(size_t count) const;
  [[nodiscard]] std::vector<Tally> run_piece(const Piece& piece, int thread, BlockResult& block);

  const Setup& setup_;
  Engine& engine_;
  const GoldenRun& golden_;
  std::function<bool(size_t)> keep_;
  const std::atomic<bool>* stop_;
  std::function<void(int64_t)> advance_;
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
};

}  // namespace tf_injector
