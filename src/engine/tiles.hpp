// How the images are cut into tiles: runs of neighbouring images that one thread works on together.
#pragma once

#include <cstdint>
#include <vector>

namespace tf_injector::detail {

struct Tile {
  int64_t first = 0;  // index of its first image
  int images = 0;
  int batch = 0;        // images in the batch in which the original feeds every image of this tile
  int batch_index = 0;  // of the first image in its batch
};

// Cuts 0..images-1 into tiles of up to `tile` images. The original feeds batches of `batch_size` and a short
// last one, and the size of a batch decides bits (a Dense layer sums otherwise for a batch of one): no tile
// straddles the place where it changes.
[[nodiscard]] std::vector<Tile> cut_tiles(int64_t images, int tile, int batch_size);
// The tile of images first..first+images-1 of `all`; fewer, where the size of the batch changes or at the
// end.
[[nodiscard]] Tile tile_at(int64_t first, int images, int64_t all, int batch_size);

}  // namespace tf_injector::detail
