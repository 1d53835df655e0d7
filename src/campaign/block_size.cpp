#include "campaign/block_size.hpp"

#include <algorithm>

namespace tf_injector {
namespace {

// Faults differ (those of early layers reach further), so a block aims at less than it may take.
constexpr double kAim = 0.7;
constexpr double kAimOfFirst = 0.07;
constexpr double kShortestSeconds = 1e-9;

}  // namespace

BlockSize::BlockSize(double seconds_per_fault, size_t least, size_t most, double longest_seconds)
    : seconds_per_fault_(std::max(seconds_per_fault, kShortestSeconds)),
      least_(std::clamp<size_t>(least, 1, std::max<size_t>(most, 1))),
      most_(std::max<size_t>(most, 1)),
      longest_seconds_(longest_seconds),
      aim_(kAimOfFirst * longest_seconds) {}

size_t BlockSize::next(size_t remaining) const {
  const double fitting =
      std::clamp(aim_ / seconds_per_fault_, static_cast<double>(least_), static_cast<double>(most_));
  const size_t size = std::min(static_cast<size_t>(fitting), remaining);
  const size_t blocks = (remaining + size - 1) / size;
  return (remaining + blocks - 1) / blocks;
}

void BlockSize::measured(size_t faults, double seconds) {
  seconds_per_fault_ = std::max(seconds / static_cast<double>(faults), kShortestSeconds);
  aim_ = kAim * longest_seconds_;
}

}  // namespace tf_injector
