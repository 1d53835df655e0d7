// The default self-check: of every block some pairs of fault and image, and some images of golden, in about a
// hundredth of the run's time.
//
// Which pairs may be taken is settled before the block begins (KeptRows, check_order): their rows are kept as
// the engine gives them. Afterwards they are evaluated in this order until the time is used up: of every
// fault one image, in turn one as they come, one whose row the engine left out, one whose decision changed;
// then of every fault further images, until all that were kept are done.
#pragma once

#include <cstdint>
#include <vector>

#include "session/check/plain_rows.hpp"
#include "session/check/self_check.hpp"

namespace tf_injector::detail {

class SampledCheck final : public SelfCheck {
 public:
  SampledCheck(const Setup& setup, const std::atomic<bool>* stop);
  [[nodiscard]] KeptRows* begin_block(ListIndex first, size_t count) override;
  void check_golden(const GoldenRun& golden, double seconds) override;
  void check_block(ListIndex first, const BlockResult& block, const GoldenRun& golden,
                   double seconds) override;

 private:
  struct Block;  // one that is being checked
  // Neighbouring images of a fault's window: the k-th and those behind it.
  struct Part {
    int64_t k = 0;
    int images = 1;
  };
  // Calls work(item, thread), which returns how many images it compared, for the items 0, 1, ..., until all
  // are done or the time is used up, but for some at least. Returns the sum.
  // floor_seconds: of processor time of every thread.
  template <typename Work>
  int64_t run(size_t items, double wall_seconds, double floor_seconds, const Work& work);
  [[nodiscard]] double floor_of_thread() const;
  int64_t check_image(int64_t image, int thread, const GoldenRun& golden);
  void check_counts(const Block& block) const;
  int64_t check_part(const Block& block, size_t i, const Part& part, int thread);
  void check_pair(const Block& block, size_t i, int64_t k, std::span<const float> plain) const;
  [[nodiscard]] int64_t pick(size_t i) const;
  // The only one that has the fault, or kAllImages.
  [[nodiscard]] int64_t image_of(ListIndex first, BlockIndex fault) const;

  const Setup& setup_;
  const std::atomic<bool>* stop_;
  int tile_;
  std::vector<PlainRows> plain_;   // one per thread
  std::vector<BlockIndex> order_;  // of the block's faults
  KeptRows kept_;
  size_t faults_left_ = 0;        // of this run, before its first block; 0: none has begun
  double processor_seconds_ = 0;  // of the thread that took most, of all blocks
};

[[nodiscard]] CheckNeeds sampled_check_needs(const Setup& setup, int threads);

}  // namespace tf_injector::detail
