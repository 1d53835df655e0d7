// One block of faults on all images, over the threads.
#pragma once

#include <atomic>
#include <cassert>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/fault_index.hpp"
#include "metrics/details_counter.hpp"
#include "session/check/kept_rows.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// What a block of faults gave, by the faults' BlockIndex.
struct BlockResult {
  std::vector<Tally> tallies;              // one per fault
  std::vector<std::vector<float>> scores;  // per fault: images x classes, or empty where they are not kept
  std::optional<DetailsCounter> details;   // where they are counted
};

class BlockRunner {
 public:
  // All must outlive it. `golden`: what run compares with. `keep`: are the scores wanted of this
  // fault? `advance`: called on any thread,
  // several times a second, with the pairs of fault and image that are finished since.
  BlockRunner(const Setup& setup, Engine& engine, GoldenRun& golden,
              std::function<bool(ListIndex fault)> keep, const std::atomic<bool>* stop,
              std::function<void(int64_t pairs)> advance);

  // `count` faults of the setup from `first` on. The result does not depend on threads, tiles or pieces.
  // `kept`: is given every row that the engine gives, or null. Throws Stopped, std::bad_alloc, and what the
  // engine and `advance` throw.
  [[nodiscard]] BlockResult run(ListIndex first, size_t count, KeptRows* kept = nullptr);
  // The same with the run without a fault in it, which goes into `golden`; its seconds are the golden run's
  // share of the time that this took. A piece must take all of the faults (faults_per_piece).
  [[nodiscard]] BlockResult run_with_golden(ListIndex first, size_t count, KeptRows* kept = nullptr);

 private:
  // One thread's piece of work: some faults of the block on one tile.
  struct Piece {
    const Tile* tile = nullptr;
    BlockIndex first;
    size_t count = 0;
    // Where the piece's own results have a fault of it.
    [[nodiscard]] size_t place_of(BlockIndex fault) const noexcept {
      assert(fault - first < count);
      return fault - first;
    }
  };
  // What a piece gave.
  struct Counts {
    std::vector<Tally> tallies;  // one per fault of the piece
    std::optional<DetailsCounter> details;
  };
  [[nodiscard]] std::vector<Piece> cut(size_t count) const;
  // Cuts the block, hands its pieces to the threads and adds up what they count.
  void run_pieces(ListIndex first, size_t count, KeptRows* kept, BlockResult& block,
                  const std::function<Counts(const Piece&, int thread)>& work);
  [[nodiscard]] Counts no_counts(size_t faults) const;
  [[nodiscard]] Counts run_piece(const Piece& piece, int thread, BlockResult& block);
  // `golden_seconds`: the thread's for the run without a fault.
  [[nodiscard]] Counts run_piece_with_golden(const Piece& piece, int thread, BlockResult& block,
                                             double& golden_seconds);
  // Counts into `counts`, of the faults of the piece, what is not the golden run's.
  [[nodiscard]] FaultSink sink(const Piece& piece, Counts& counts, BlockResult& block);

  const Setup& setup_;
  Engine& engine_;
  GoldenRun& golden_;
  std::function<bool(ListIndex)> keep_;
  KeptRows* kept_ = nullptr;  // of the block
  const std::atomic<bool>* stop_;
  std::function<void(int64_t)> advance_;
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
};

// Faults of a thread's piece of a block: all of them, where there are enough tiles for all threads; else
// parts that are not so small that the engine's fixed cost would make them dear.
[[nodiscard]] size_t faults_per_piece(const Setup& setup, size_t count);

}  // namespace tf_injector::detail
