// The images of a test set in random groups of equal size: what a drawn fault is evaluated on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tf_injector::detail {

// Every image is in as many groups as every other, so that a fault's mean over the groups is its mean over
// the images. Where a size from 16 to 40 divides the number of images, groups are disjoint; elsewhere group i
// is the images i, i + 1, ... of the random order, around its end.
class ImageTiles {
 public:
  ImageTiles(int64_t images, uint64_t seed);
  [[nodiscard]] int64_t count() const noexcept { return count_; }
  [[nodiscard]] int64_t images_each() const noexcept { return size_; }
  // Image i of a group.
  [[nodiscard]] int64_t image(int64_t tile, int64_t i) const {
    const int64_t at = tile * step_ + i, all = static_cast<int64_t>(order_.size());
    return order_[static_cast<size_t>(at < all ? at : at - all)];
  }

 private:
  std::vector<int64_t> order_;
  int64_t size_ = 1, step_ = 1, count_ = 0;
};

}  // namespace tf_injector::detail
