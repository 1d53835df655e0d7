// How many faults a block takes: as many as some seconds allow, measured while running.
#pragma once

#include <cstddef>

namespace tf_injector {

// A block is what an interruption can lose and what a reader of a growing report waits for.
inline constexpr double kLongestBlockSeconds = 20.0;

class BlockSize {
 public:
  // seconds_per_fault: a guess, which the first block may prove wrong, so that it is a small one; least: what
  // is worth a block's fixed cost; most: what memory allows. A block takes at most `longest_seconds`, unless
  // `least` faults take longer.
  BlockSize(double seconds_per_fault, size_t least, size_t most,
            double longest_seconds = kLongestBlockSeconds);
  // Faults of the next block, when `remaining` > 0 are left: the rest is cut into blocks of about equal size.
  [[nodiscard]] size_t next(size_t remaining) const;
  void measured(size_t faults, double seconds);

 private:
  double seconds_per_fault_;
  size_t least_, most_;
  double longest_seconds_;
  double aim_;  // seconds
};

}  // namespace tf_injector
