#include "engine/work_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "core/bytes_text.hpp"
#include "core/round_up.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// More than the memory of two runs of one command differs by: the least that is said is accepted.
constexpr uint64_t kDifference = 2 << 20;

class Layouts {
 public:
  Layouts(const MemoryNeeds& needs, const WorkLimits& limits) : needs_(needs), limits_(limits) {}

  // Of the threads and sizes that fit with this tile, those that are fastest together. False: none fits.
  bool choose(WorkLayout& layout, bool only_the_fastest) const {
    double fastest = 0;
    for (int threads = limits_.threads; threads >= 1; --threads) {
      for (size_t size = 0; size < needs_.engine.sizes.size(); ++size) {
        if (only_the_fastest && (threads < limits_.threads || size > 0)) return fastest > 0;
        WorkLayout one = layout;
        one.threads = threads;
        one.size = size;
        const double speed = threads * needs_.engine.sizes[size].speed;
        if (speed <= fastest || bytes_with_one(one) > limits_.bytes) continue;
        fastest = speed;
        layout = one;
      }
    }
    return fastest > 0;
  }
  [[nodiscard]] uint64_t least(int tile) const {
    const WorkLayout smallest{.threads = 1, .tile = tile, .size = needs_.engine.sizes.size() - 1};
    return std::max(bytes_with_one(smallest), needs_.peak_bytes);
  }
  [[nodiscard]] uint64_t without_faults(const WorkLayout& layout) const {
    const uint64_t image = needs_.engine.bytes_per_thread_image + needs_.feed_bytes_per_image;
    return needs_.fixed_bytes + needs_.engine.bytes +
           static_cast<uint64_t>(layout.threads) *
               (needs_.bytes_per_thread + needs_.engine.sizes[layout.size].bytes_per_thread +
                static_cast<uint64_t>(layout.tile) * image);
  }
  [[nodiscard]] uint64_t of_fault(int threads) const {
    return needs_.engine.bytes_per_fault + needs_.bytes_per_fault +
           static_cast<uint64_t>(threads) * needs_.bytes_per_thread_fault;
  }

 private:
  // With a block of one fault.
  [[nodiscard]] uint64_t bytes_with_one(const WorkLayout& layout) const {
    return without_faults(layout) + (limits_.faults > 0 ? of_fault(layout.threads) : 0);
  }

  const MemoryNeeds& needs_;
  const WorkLimits& limits_;
};

// Tiles beyond an even share would leave threads without work.
int first_tile(const MemoryNeeds& needs, const WorkLimits& limits) {
  if (limits.tile > 0) return static_cast<int>(std::min<int64_t>(limits.tile, limits.images));
  const int64_t share = divide_up(limits.images, limits.threads);
  return static_cast<int>(std::clamp<int64_t>(needs.engine.preferred_tile, 1, share));
}

[[noreturn]] void throw_too_small(const WorkLimits& limits, uint64_t least) {
  const uint64_t megabytes = (least + kDifference + (1 << 20) - 1) >> 20;
  throw Error(ErrorKind::out_of_memory,
              fmt::format("not enough memory: {} may be used, this network and test set need at least "
                          "`memory` {}M{}; give more, or fewer images (`limit`)",
                          bytes_text(limits.bytes), megabytes,
                          limits.tile > 0 ? fmt::format(" with `tile` {}", limits.tile) : ""));
}

}  // namespace

WorkLayout plan_work(const MemoryNeeds& needs, const WorkLimits& limits) {
  const Layouts layouts(needs, limits);
  WorkLayout layout{.threads = limits.threads, .tile = first_tile(needs, limits), .faults = limits.faults};
  const auto is_least = [&] { return layout.tile == 1 || limits.tile > 0; };
  while (!layouts.choose(layout, !is_least())) {
    if (is_least()) throw_too_small(limits, layouts.least(layout.tile));
    layout.tile = (layout.tile + 1) / 2;
  }
  if (needs.peak_bytes > limits.bytes) throw_too_small(limits, layouts.least(layout.tile));
  const uint64_t left = limits.bytes - layouts.without_faults(layout);
  const uint64_t fitting = left / std::max<uint64_t>(layouts.of_fault(layout.threads), 1);
  const size_t most = limits.block > 0 ? std::min(limits.block, limits.faults) : limits.faults;
  layout.most_faults = static_cast<size_t>(std::clamp<uint64_t>(fitting, 1, std::max<size_t>(most, 1)));
  layout.bytes = std::max(needs.peak_bytes,
                          layouts.without_faults(layout) +
                              std::min(layout.most_faults, limits.faults) * layouts.of_fault(layout.threads));
  return layout;
}

}  // namespace tf_injector::detail
