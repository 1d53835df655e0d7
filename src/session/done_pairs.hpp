// Which pairs of fault and image of a block are done, as rectangles: faults of the block x images.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/fault_index.hpp"

namespace tf_injector::detail {

struct PairArea {
  uint64_t first = 0, faults = 0;  // of the block
  int64_t first_image = 0, images = 0;

  [[nodiscard]] int64_t pairs() const noexcept { return static_cast<int64_t>(faults) * images; }
  // Is it a part of a block of so many faults and images, and not empty?
  [[nodiscard]] bool is_within(uint64_t of_faults, int64_t of_images) const noexcept {
    return faults > 0 && first < of_faults && faults <= of_faults - first && first_image >= 0 && images > 0 &&
           first_image < of_images && images <= of_images - first_image;
  }
  friend bool operator==(const PairArea&, const PairArea&) = default;
};

class DonePairs {
 public:
  // No pair of it may be done already.
  void add(const PairArea& area) { areas_.push_back(area); }
  // Of neighbouring images of the same faults one area is made.
  void merge();
  // As they were added, or merged.
  [[nodiscard]] const std::vector<PairArea>& areas() const noexcept { return areas_; }
  [[nodiscard]] bool has(BlockIndex fault, int64_t image) const noexcept;
  [[nodiscard]] int64_t pairs() const noexcept;
  // Per image: is it done with some fault?
  [[nodiscard]] std::vector<bool> images(int64_t all) const;
  // The rest of a block of `count` faults and `images` images, in as few areas as there are runs of faults
  // with the same images missing.
  [[nodiscard]] std::vector<PairArea> missing(size_t count, int64_t images) const;

 private:
  std::vector<PairArea> areas_;
};

}  // namespace tf_injector::detail
