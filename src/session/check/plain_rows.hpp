// Rows as the plain evaluation gives them: the whole network, with a fault laid over its weights or without.
#pragma once

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
  // Both must outlive it. tile: images at a time, at most.
  PlainRows(const Plan& plan, const ImageFeed& feed, int tile);
  // The scores of the tile's images, until the next call. `fault`: or null.
  std::span<const float> evaluate(const Patch* fault, const Tile& tile);

  // Memory per image of a tile. A fault takes the packed weights of its layer too (overlay_bytes).
  [[nodiscard]] static uint64_t bytes_per_image(const Plan& plan, const ImageFeed& feed);

 private:
  const Plan& plan_;
  const ImageFeed& feed_;
  Workspace workspace_;
  ImageFeed::Buffers buffers_;
  AlignedBuffer scores_;
};

}  // namespace tf_injector::detail
