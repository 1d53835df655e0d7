#include "engine/tiles.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

TEST(Tiles, CoverEveryImageOnceAndNeverStraddleTheLastBatch) {
  for (int64_t images : {1, 2, 7, 8, 9, 16, 17, 100}) {
    for (int batch : {1, 2, 8, 16, 99, 100, 101, 100000}) {
      for (int tile : {1, 3, 8, 1000}) {
        int64_t next = 0;
        for (const Tile& t : cut_tiles(images, tile, batch)) {
          ASSERT_EQ(t.first, next);
          ASSERT_GE(t.images, 1);
          ASSERT_LE(t.images, tile);
          for (int64_t image = t.first; image < t.first + t.images; ++image) {
            const int64_t left =
                images - image / batch * batch;  // in the batch of the original that holds it
            ASSERT_EQ(t.batch, std::min<int64_t>(batch, left)) << images << " " << batch << " " << tile;
          }
          ASSERT_EQ(t.batch_index, t.first % batch);
          next += t.images;
        }
        ASSERT_EQ(next, images);
      }
    }
  }
}

TEST(Tiles, ATileAnywhereHasTheBatchOfItsImages) {
  for (const int64_t images : {1, 5, 11, 12, 13, 40}) {
    for (const int batch : {1, 4, 6, 512}) {
      std::vector<Tile> of_image;
      for (const Tile& tile : cut_tiles(images, 1, batch)) of_image.push_back(tile);
      for (int64_t first = 0; first < images; ++first) {
        for (const int wanted : {1, 3, 16}) {
          const Tile tile = tile_at(first, wanted, images, batch);
          const Tile& one = of_image[static_cast<size_t>(first)];
          EXPECT_EQ(tile.first, first);
          EXPECT_EQ(tile.batch, one.batch);
          EXPECT_EQ(tile.batch_index, one.batch_index);
          ASSERT_GE(tile.images, 1);
          ASSERT_LE(tile.images, wanted);
          const int64_t end = first + tile.images;
          EXPECT_EQ(of_image[static_cast<size_t>(end - 1)].batch, one.batch);
          if (tile.images < wanted) {
            EXPECT_TRUE(end == images || of_image[static_cast<size_t>(end)].batch != one.batch);
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector::detail
