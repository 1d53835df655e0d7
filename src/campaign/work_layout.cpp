#include "campaign/work_layout.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/bytes_text.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

uint64_t bytes_without_faults(const MemoryNeeds& needs, int threads, int tile) {
  const uint64_t image = needs.engine.bytes_per_thread_image + needs.feed_bytes_per_image;
  return needs.fixed_bytes + static_cast<uint64_t>(threads) *
                                 (needs.engine.bytes_per_thread + static_cast<uint64_t>(tile) * image);
}

uint64_t bytes_of_fault(const MemoryNeeds& needs, int threads) {
  return needs.engine.bytes_per_fault + needs.bytes_per_fault +
         static_cast<uint64_t>(threads) * needs.bytes_per_thread_fault;
}

uint64_t bytes_of(const MemoryNeeds& needs, int threads, int tile, size_t faults) {
  return bytes_without_faults(needs, threads, tile) + faults * bytes_of_fault(needs, threads);
}

// Tiles beyond an even share would leave threads without work.
int first_tile(const MemoryNeeds& needs, const WorkLimits& limits) {
  if (limits.tile > 0) return static_cast<int>(std::min<int64_t>(limits.tile, limits.images));
  const int64_t share = (limits.images + limits.threads - 1) / limits.threads;
  return static_cast<int>(std::clamp<int64_t>(needs.engine.preferred_tile, 1, share));
}

[[noreturn]] void throw_too_small(const WorkLimits& limits, uint64_t least) {
  throw Error(ErrorKind::out_of_memory,
              fmt::format("not enough memory: {} may be used, this network and test set need at least {}{}; "
                          "give more (--memory) or fewer images (--limit)",
                          bytes_text(limits.bytes), bytes_text(least),
                          limits.tile > 0 ? fmt::format(" with --tile {}", limits.tile) : ""));
}

}  // namespace

WorkLayout plan_work(const MemoryNeeds& needs, const WorkLimits& limits) {
  WorkLayout layout{.threads = limits.threads, .tile = first_tile(needs, limits)};
  const size_t one = limits.faults > 0 ? 1 : 0;
  const auto fits = [&] { return bytes_of(needs, layout.threads, layout.tile, one) <= limits.bytes; };
  while (!fits() && layout.tile > 1 && limits.tile == 0) layout.tile = (layout.tile + 1) / 2;
  while (!fits() && layout.threads > 1) --layout.threads;
  if (!fits()) throw_too_small(limits, bytes_of(needs, 1, layout.tile, one));
  const uint64_t left = limits.bytes - bytes_without_faults(needs, layout.threads, layout.tile);
  const uint64_t fitting = left / std::max<uint64_t>(bytes_of_fault(needs, layout.threads), 1);
  layout.most_faults =
      static_cast<size_t>(std::clamp<uint64_t>(fitting, 1, std::max<size_t>(limits.faults, 1)));
  layout.bytes = bytes_of(needs, layout.threads, layout.tile, std::min(layout.most_faults, limits.faults));
  return layout;
}

}  // namespace tf_injector
