// The self-check of a run: scores as the engine found them are compared in every bit with those of the plain
// evaluation (the whole network with the fault's weight in it).
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>

#include "core/fault_index.hpp"
#include "session/block_run.hpp"
#include "session/check/kept_rows.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail {

class SelfCheck {
 public:
  virtual ~SelfCheck() = default;

  // Is this fault checked on all images? Its scores must be kept.
  [[nodiscard]] virtual bool takes(ListIndex) const noexcept { return false; }
  // What a piece of the work gave, as soon as it is there and before it counts; on any thread, a number of
  // its own each. The tile's golden rows; `rows` of a fault that is taken on the tile, which counted so much.
  // Both throw as check_block does.
  virtual void check_golden_rows(const GoldenRun&, const Tile&, int /*thread*/) {}
  virtual void check_rows(ListIndex, const Tile&, std::span<const float> /*rows*/, const Tally& /*counted*/,
                          const GoldenRun&, int /*thread*/) {}
  // What a block's rows are given to while it runs, or null. `first`: its first fault.
  [[nodiscard]] virtual KeptRows* begin_block(ListIndex, size_t) { return nullptr; }
  // Behind the golden run, and behind a block, whose pieces went through the two above. `seconds`: that the
  // run has taken so far. Both throw Error(self_check) for a score or a count that differs, Stopped,
  // std::bad_alloc.
  virtual void check_golden(const GoldenRun& golden, double seconds) = 0;
  virtual void check_block(ListIndex first, const BlockResult& block, const GoldenRun& golden,
                           double seconds) = 0;

  [[nodiscard]] const CheckTotals& totals() const noexcept { return totals_; }

 protected:
  CheckTotals totals_;
};

// The --check of a run: nothing: some pairs of fault and image of every block, and some images of golden, in
// about a hundredth of the run's time; N: every Nth fault and golden on all images; 0: none. The scalar
// reference has nothing else to be compared with: only N checks it. `setup` and `stop` must outlive it.
[[nodiscard]] std::unique_ptr<SelfCheck> make_self_check(const Setup& setup, std::optional<int> every,
                                                         const std::atomic<bool>* stop);

// What it takes beside the run's own memory.
struct CheckNeeds {
  uint64_t fixed_bytes = 0;
  uint64_t bytes_per_fault = 0;  // of a block
  uint64_t bytes_per_thread = 0;
  uint64_t bytes_per_thread_image = 0;  // per image of the run's tile
  uint64_t kept_row_bytes = 0;          // of fixed_bytes, KeptRows
};
// keeps_scores: the run keeps the scores of all faults of a block anyway. threads: at most.
[[nodiscard]] CheckNeeds self_check_needs(const Setup& setup, std::optional<int> every, bool keeps_scores,
                                          int threads);

}  // namespace tf_injector::detail
