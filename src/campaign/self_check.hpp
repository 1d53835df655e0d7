// --check N: every Nth fault is evaluated the plain way too, and every score compared in every bit.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

#include "campaign/block_run.hpp"
#include "campaign/engine.hpp"
#include "campaign/golden_run.hpp"
#include "campaign/setup.hpp"

namespace tf_injector {

class SelfCheck {
 public:
  // `setup` and `stop` must outlive it. every: 0 checks nothing.
  SelfCheck(const Setup& setup, int every, const std::atomic<bool>* stop);

  // Is the fault at this place of the setup's faults, from 0, among those that are checked?
  [[nodiscard]] bool takes(size_t place) const noexcept { return every_ > 0 && place % every_ == 0; }
  // All throw Error(self_check) for the first score that differs, Stopped, std::bad_alloc.
  void check_golden(const GoldenRun& golden);
  // Those faults of the block that are taken; the block kept their scores. `first`: place of its first fault.
  void check_block(size_t first, const BlockResult& block);

  [[nodiscard]] size_t faults_checked() const noexcept { return faults_checked_; }

 private:
  // The plain scores of all images, of the fault that was begun or of none.
  std::vector<float> evaluate_plain(bool with_fault);
  // `what`: names the fault in the error.
  void require_equal(std::span<const float> scores, std::span<const float> plain,
                     const std::string& what) const;

  const Setup& setup_;
  size_t every_;
  const std::atomic<bool>* stop_;
  std::unique_ptr<Engine> plain_;            // null when nothing is checked
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
  size_t faults_checked_ = 0;
};

}  // namespace tf_injector
