// Groups of images: each image in as many as every other.
#include "estimate/image_tiles.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <set>

namespace tf_injector::detail {
namespace {

TEST(ImageTiles, EachImageIsInAsManyAsEveryOther) {
  std::vector<int64_t> numbers(200);
  std::iota(numbers.begin(), numbers.end(), int64_t{1});
  for (const int64_t more : {997, 1000, 12'630, 10'000}) numbers.push_back(more);
  for (const int64_t images : numbers) {
    SCOPED_TRACE(images);
    const ImageTiles tiles(images, 5);
    std::vector<int64_t> times(static_cast<size_t>(images));
    for (int64_t tile = 0; tile < tiles.count(); ++tile) {
      std::set<int64_t> of_tile;
      for (int64_t i = 0; i < tiles.images_each(); ++i) of_tile.insert(tiles.image(tile, i));
      ASSERT_EQ(static_cast<int64_t>(of_tile.size()), tiles.images_each());  // none twice
      for (const int64_t image : of_tile) ++times[static_cast<size_t>(image)];
    }
    const auto [least, most] = std::minmax_element(times.begin(), times.end());
    EXPECT_EQ(*least, *most);
    EXPECT_LE(tiles.images_each(), 40);
    EXPECT_GE(tiles.images_each(), std::min<int64_t>(images, 16));
    EXPECT_TRUE(images > 40 || tiles.count() == 1);
  }
}

TEST(ImageTiles, AreDisjointWhereASizeDivides) {
  EXPECT_EQ(ImageTiles(10'000, 1).images_each(), 25);
  EXPECT_EQ(ImageTiles(10'000, 1).count(), 400);
  EXPECT_EQ(ImageTiles(12'630, 1).images_each() * ImageTiles(12'630, 1).count(), 12'630);
  EXPECT_EQ(ImageTiles(997, 1).count(), 997);  // a prime: every image begins a group
}

TEST(ImageTiles, AreTheSeeds) {
  const auto first = [](uint64_t seed) {
    const ImageTiles tiles(1000, seed);
    std::vector<int64_t> images;
    for (int64_t i = 0; i < tiles.images_each(); ++i) images.push_back(tiles.image(0, i));
    return images;
  };
  EXPECT_EQ(first(1), first(1));
  EXPECT_NE(first(1), first(2));
  EXPECT_FALSE(std::is_sorted(first(1).begin(), first(1).end()));
}

}  // namespace
}  // namespace tf_injector::detail
