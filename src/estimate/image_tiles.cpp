#include "estimate/image_tiles.hpp"

#include <cstdlib>

#include "sampling/draw.hpp"

namespace tf_injector::detail {
namespace {

// Faults differ far more from each other than images do within one: more images a fault save no faults, fewer
// would make the golden run, which every group needs, the larger part.
constexpr int64_t kLeast = 16, kMost = 40, kWanted = 25;

}  // namespace

ImageTiles::ImageTiles(int64_t images, uint64_t seed) {
  PythonRandom random(seed);
  order_ = random_order(random, images);
  if (images <= kMost) {
    size_ = step_ = images;
  } else {
    size_ = kWanted;
    for (int64_t size = kLeast; size <= kMost; ++size) {
      const bool is_nearer = step_ == 1 || std::abs(size - kWanted) < std::abs(size_ - kWanted);
      if (images % size == 0 && is_nearer) size_ = step_ = size;
    }
  }
  count_ = images / step_;
}

}  // namespace tf_injector::detail
