// How many faults a block takes: as many as some seconds allow, measured while running.
#pragma once

#include <cstddef>

namespace tf_injector::detail {

// A block is what an interruption can lose and what a reader of a growing report waits for.
inline constexpr double kLongestBlockSeconds = 20.0;

struct BlockLimits {
  size_t least = 1;  // faults: what is worth a block's fixed cost
  size_t most = 1;   // what memory allows
  // A block takes at most so many seconds, unless `least` faults take longer.
  double longest_seconds = kLongestBlockSeconds;
};

class BlockSize {
 public:
  // seconds_per_fault: a guess, which the first block may prove wrong, so that it is a small one;
  // pass_seconds: what every block costs beside its faults.
  BlockSize(double seconds_per_fault, double pass_seconds, const BlockLimits& limits);
  // Faults of the next block, when `remaining` > 0 are left: the rest is cut into blocks of about equal size.
  [[nodiscard]] size_t next(size_t remaining) const;
  void measured(size_t faults, double seconds);

 private:
  double seconds_per_fault_;
  size_t least_, most_;
  double aim_, later_aim_;  // seconds, of the next block and of those behind it
};

}  // namespace tf_injector::detail
