// How many threads, images at a time and faults at a time the memory allows, and the engine's size.
#pragma once

#include <cstddef>
#include <cstdint>

#include "engine/engine.hpp"

namespace tf_injector::detail {

struct MemoryNeeds {
  EngineNeeds engine;
  size_t feed_bytes_per_image = 0;    // preprocessed images: per thread and image of its tile
  size_t bytes_per_fault = 0;         // per fault of a block, the engine's not counted
  size_t bytes_per_thread_fault = 0;  // per fault of a block and thread
  size_t bytes_per_thread = 0;        // the engine's not counted
  uint64_t fixed_bytes = 0;           // whatever the layout
  uint64_t peak_bytes = 0;            // the most that was taken, or will be, before the work
};

struct WorkLimits {
  uint64_t bytes = 0;  // upper bound of all memory that MemoryNeeds speaks of
  int64_t images = 0;
  size_t faults = 0;
  int threads = 1;   // at most
  int tile = 0;      // images worked on together; 0: chosen
  size_t block = 0;  // the most faults of a block; 0: as many as fit
};

struct WorkLayout {
  int threads = 1;
  int tile = 1;
  size_t size = 0;         // of the engine
  size_t most_faults = 1;  // of a block
  uint64_t bytes = 0;      // at most, with a block of so many faults

  size_t faults = 0;  // of the run

  [[nodiscard]] EngineLayout engine() const noexcept { return {threads, tile, size, faults}; }
};

// Makes the tile smaller first, then takes smaller engines or fewer threads, until the memory holds a block
// of one fault; a tile that was asked for stays. Throws Error(out_of_memory), saying the least that would do.
[[nodiscard]] WorkLayout plan_work(const MemoryNeeds& needs, const WorkLimits& limits);

}  // namespace tf_injector::detail
