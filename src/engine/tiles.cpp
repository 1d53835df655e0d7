#include "engine/tiles.hpp"

#include <algorithm>
#include <cassert>

namespace tf_injector::detail {
namespace {

void cut_range(int64_t first, int64_t end, int tile, int batch, std::vector<Tile>& tiles) {
  for (int64_t at = first; at < end; at += tile) {
    tiles.push_back({at, static_cast<int>(std::min<int64_t>(tile, end - at)), batch,
                     static_cast<int>((at - first) % batch)});
  }
}

}  // namespace

std::vector<Tile> cut_tiles(int64_t images, int tile, int batch_size) {
  assert(tile > 0 && batch_size > 0);
  std::vector<Tile> tiles;
  const int64_t last_batch = images % batch_size;
  cut_range(0, images - last_batch, tile, batch_size, tiles);
  cut_range(images - last_batch, images, tile, static_cast<int>(last_batch), tiles);
  return tiles;
}

Tile tile_at(int64_t first, int images, int64_t all, int batch_size) {
  assert(first >= 0 && first < all && images > 0 && batch_size > 0);
  const int64_t full = all - all % batch_size;  // images in full batches
  const int64_t begin = first < full ? 0 : full, end = first < full ? full : all;
  const int batch = first < full ? batch_size : static_cast<int>(all - full);
  return {first, static_cast<int>(std::min<int64_t>(images, end - first)), batch,
          static_cast<int>((first - begin) % batch)};
}

}  // namespace tf_injector::detail
