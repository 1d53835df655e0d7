// Rows as the plain evaluation gives them: the whole network, with a fault laid over its weights or without.
#pragma once

#include <atomic>
#include <memory>
#include <span>

#include "core/aligned_buffer.hpp"
#include "engine/tiles.hpp"
#include "graph/patch.hpp"
#include "plan/plan.hpp"
#include "session/image_feed.hpp"

namespace tf_injector::detail {

// One per thread.
class PlainRows {
 public:
  // All must outlive it. tile: images at a time, at most. `stop`: or null.
  PlainRows(const Plan& plan, const ImageFeed& feed, int tile, const std::atomic<bool>* stop);
  // The scores of the tile's images, until the next call. `fault`: may be empty. Throws Stopped.
  std::span<const float> evaluate(std::span<const Patch> fault, const Tile& tile);
  // The same of a fault that may be that of a single image only.
  std::span<const float> evaluate(PatchRows faults, size_t fault, const Tile& tile);

  // Memory per image of a tile. A fault takes the packed weights of its layer too (overlay_bytes).
  [[nodiscard]] static uint64_t bytes_per_image(const Plan& plan, const ImageFeed& feed);

 private:
  const Plan& plan_;
  const ImageFeed& feed_;
  Workspace workspace_;
  ImageFeed::Buffers buffers_;
  AlignedBuffer scores_;
  const std::atomic<bool>* stop_;
};

}  // namespace tf_injector::detail
