#include "campaign/tiles.hpp"

#include <gtest/gtest.h>

namespace tf_injector {
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
          ASSERT_EQ(t.place, t.first % batch);
          next += t.images;
        }
        ASSERT_EQ(next, images);
      }
    }
  }
}

}  // namespace
}  // namespace tf_injector
