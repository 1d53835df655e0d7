// One block of faults on all images, over the threads.
#pragma once

#include <atomic>
#include <cassert>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "core/fault_index.hpp"
#include "core/wall_clock.hpp"
#include "metrics/details_counter.hpp"
#include "session/check/kept_rows.hpp"
#include "session/golden_run.hpp"
#include "session/kept_scores.hpp"
#include "session/partial_block.hpp"
#include "session/setup.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// What a block of faults gave, by the faults' BlockIndex.
struct BlockResult {
  std::vector<Tally> tallies;             // one per fault
  BlockScores scores;                     // per fault: images x classes, or empty where they are not kept
  std::optional<DetailsCounter> details;  // where they are counted
};

// Where a block's work goes while it is not done, should the run be killed.
struct WorkKeeper {
  // partial_block_bytes of all that is done; called on any thread, one at a time, while the others work.
  // Never called for a block that is complete: something is left to do, and to check, for the run that goes
  // on. May throw, which ends the run; may be empty.
  std::function<void(std::string_view bytes)> keep = {};
  // Before it, piece by piece, where the campaign keeps scores: those of all that is done since the last call
  // (write_scores). Where it is empty, such blocks are not kept.
  std::function<void(std::string_view bytes)> keep_scores = {};
  double seconds = 10.0;  // between two calls, more where a call takes more than a hundredth of it; 0: none
};

class SelfCheck;

class BlockRunner {
 public:
  // All must outlive it. `golden`: what run compares with. `keep`: are the scores wanted of this
  // fault? `advance`: called on any thread,
  // several times a second, with the pairs of fault and image that are finished since. `check`: is shown what
  // every piece gave before it counts, of the faults that it takes, whose scores must be wanted; or null.
  BlockRunner(const Setup& setup, Engine& engine, GoldenRun& golden,
              std::function<bool(ListIndex fault)> keep, const std::atomic<bool>* stop,
              std::function<void(int64_t pairs)> advance, WorkKeeper keeper = {}, SelfCheck* check = nullptr);

  // `count` faults of the setup from `first` on. The result does not depend on threads, tiles or pieces.
  // `kept`: is given every row that the engine gives, or null. `before`: of this block, what is done already
  // and was compared with the same golden run; `kept` has its rows, it has its scores. Throws Stopped,
  // std::bad_alloc, and what the engine, `advance` and the keeper throw.
  [[nodiscard]] BlockResult run(ListIndex first, size_t count, KeptRows* kept = nullptr,
                                std::optional<PartialBlock> before = {});
  // The same with the run without a fault in it, which goes into `golden`; its seconds are the golden run's
  // share of the time that this took. A piece must take all of the faults (faults_per_piece). `before`: is
  // joined, and `golden` has its rows.
  [[nodiscard]] BlockResult run_with_golden(ListIndex first, size_t count, KeptRows* kept = nullptr,
                                            std::optional<PartialBlock> before = {});

 private:
  // One thread's piece of work: some faults of the block on one tile.
  struct Piece {
    Tile tile;
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
  // The block that is worked on, as far as it is kept.
  struct Kept {
    ListIndex first;
    bool is_joined = false;
    bool is_on = false;  // it is kept at all
    DonePairs done;
    std::vector<PairArea> unwritten;  // of them, whose scores the keeper does not have
    int64_t pairs_left = 0;
    Clock::time_point last;      // when it was kept, or begun
    double seconds_between = 0;  // until the next time
    bool is_busy = false;        // a thread keeps it now
  };
  using Work = std::function<Counts(const Piece&, int thread)>;
  [[nodiscard]] std::vector<Piece> cut(size_t count) const;
  [[nodiscard]] std::vector<Piece> cut(const std::vector<PairArea>& missing) const;
  // Cuts the block, hands its pieces to the threads and adds up what they count.
  void run_pieces(ListIndex first, size_t count, std::optional<PartialBlock> before, BlockResult& block,
                  const Work& work);
  [[nodiscard]] BlockScores wanted_scores(ListIndex first, size_t count) const;
  void begin_keeping(ListIndex first, std::optional<PartialBlock>& before, const BlockResult& block);
  // A piece in parts of about a second, where it is kept: what is done of it counts.
  void run_parts(const Piece& piece, int thread, BlockResult& block, const Work& work);
  void check(const Piece& piece, const Counts& counts, int thread, const BlockResult& block);
  [[nodiscard]] int images_at_once(size_t faults, int images) const;
  void add(const Piece& piece, const Counts& counts, BlockResult& block);
  // What is done is given to the keeper, since `begin`.
  void keep(const BlockResult& block, std::string_view work, std::span<const PairArea> unwritten,
            Clock::time_point begin);
  [[nodiscard]] bool has_scores() const { return setup_.needs.scores != ScoreMode::none; }
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
  WorkKeeper keeper_;
  SelfCheck* check_;
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
  std::mutex adding_;                        // of the block's sums and of keeping_
  Kept keeping_;
  std::atomic<double> seconds_per_pair_{0};  // of a thread, of the part that was done last; 0: not known
};

// Faults of a thread's piece of a block: all of them, where there are enough tiles for all threads; else
// parts that are not so small that the engine's fixed cost would make them dear.
[[nodiscard]] size_t faults_per_piece(const Setup& setup, size_t count);

}  // namespace tf_injector::detail
