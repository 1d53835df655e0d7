#include "session/block_size.hpp"

#include <algorithm>

#include "core/round_up.hpp"

namespace tf_injector::detail {
namespace {

// Faults differ (those of early layers reach further), so a block aims at less than it may take.
constexpr double kAim = 0.7;
constexpr double kAimOfFirst = 0.07;
constexpr double kShortestSeconds = 1e-9;
// Of a block's time, at most, for what it costs beside its faults, and how long blocks may be made for that.
constexpr double kPassShare = 0.02, kMostPassSeconds = 300.0;

}  // namespace

BlockSize::BlockSize(double seconds_per_fault, double pass_seconds, const BlockLimits& limits)
    : seconds_per_fault_(std::max(seconds_per_fault, kShortestSeconds)),
      least_(std::clamp<size_t>(limits.least, 1, std::max<size_t>(limits.most, 1))),
      most_(std::max<size_t>(limits.most, 1)),
      aim_(kAimOfFirst * limits.longest_seconds),
      later_aim_(
          std::max(kAim * limits.longest_seconds, std::min(pass_seconds / kPassShare, kMostPassSeconds))) {}

size_t BlockSize::next(size_t remaining) const {
  const double fitting =
      std::clamp(aim_ / seconds_per_fault_, static_cast<double>(least_), static_cast<double>(most_));
  const size_t size = std::min(static_cast<size_t>(fitting), remaining);
  const size_t blocks = divide_up(remaining, size);
  return divide_up(remaining, blocks);
}

void BlockSize::measured(size_t faults, double seconds) {
  seconds_per_fault_ = std::max(seconds / static_cast<double>(faults), kShortestSeconds);
  aim_ = later_aim_;
}

}  // namespace tf_injector::detail
