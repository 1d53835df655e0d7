// Of the rows that an engine gives for a block: those that the self-check will look at, as they came and were
// counted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "core/byte_stream.hpp"
#include "core/fault_index.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

class KeptRows {
 public:
  KeptRows(int64_t images, int64_t classes) : images_(images), classes_(static_cast<size_t>(classes)) {}

  // A block of as many faults. Of those that come first in `order` rows are kept, of neighbouring images (the
  // one behind the last is the first) from `first_image(place in the order)` on: of all images if there is
  // room. Of the very first it is noted what every image counted.
  template <typename FirstImage>
  void begin(std::span<const BlockIndex> order, const FirstImage& first_image) {
    make_room(order);
    for (size_t i = 0; i < windows_; ++i) first_image_[i] = first_image(static_cast<int64_t>(i));
  }
  // The engine gave this row, and it counted so much. Any thread; a pair of fault and image always the same.
  void take(BlockIndex fault, int64_t image, std::span<const float> scores, const Tally& counts) noexcept;

  [[nodiscard]] size_t faults() const noexcept { return windows_; }         // of which rows are kept
  [[nodiscard]] int64_t images() const noexcept { return window_images_; }  // of each of them
  // For the i-th of these faults and the k-th of its images:
  [[nodiscard]] int64_t image(size_t i, int64_t k) const noexcept { return (first_image_[i] + k) % images_; }
  [[nodiscard]] bool was_given(size_t i, int64_t k) const noexcept { return (flags(i, k) & kGiven) != 0; }
  [[nodiscard]] bool was_given_twice(size_t i, int64_t k) const noexcept {
    return (flags(i, k) & kTwice) != 0;
  }
  [[nodiscard]] bool is_critical(size_t i, int64_t k) const noexcept {
    return (flags(i, k) & kCritical) != 0;
  }
  [[nodiscard]] std::span<const float> row(size_t i, int64_t k) const noexcept {
    return std::span(scores_).subspan(place(i, k) * classes_, classes_);
  }

  [[nodiscard]] size_t counted_faults() const noexcept { return counted_; }  // the first so many of them
  // What the i-th of these faults counts with an image whose row was given; false: it was not.
  [[nodiscard]] bool counts(size_t i, int64_t image, Tally& counts) const noexcept;

  // What it has of the pairs of fault and image of which has(fault, image) holds, as bytes, and back into one
  // that was begun for the same block. Rows of other pairs may be taken meanwhile. `read` throws ShortBytes.
  using HasPair = std::function<bool(BlockIndex fault, int64_t image)>;
  void write(ByteWriter& out, const HasPair& has) const;
  void read(ByteReader& in, const HasPair& has);

  // The most memory that it takes; that of the block that was begun.
  [[nodiscard]] uint64_t bytes() const noexcept {
    return scores_.size() * sizeof(float) + flags_.size() + counts_.size();
  }
  [[nodiscard]] static uint64_t bytes(uint64_t faults, int64_t images, int64_t classes);
  static constexpr uint64_t kBytesPerFault = 2 * sizeof(uint32_t) + sizeof(int64_t);

 private:
  enum Flag : uint8_t { kGiven = 1, kTwice = 2, kCritical = 4 };
  static constexpr uint32_t kNone = UINT32_MAX;

  void make_room(std::span<const BlockIndex> order);
  // Calls visit_row(its flags, its scores) and visit_counts(them), in an order that the block alone decides.
  template <typename Rows, typename VisitRow, typename VisitCounts>
  static void visit(Rows& rows, const HasPair& has, const VisitRow& visit_row,
                    const VisitCounts& visit_counts);
  [[nodiscard]] size_t place(size_t i, int64_t k) const noexcept {
    return i * static_cast<size_t>(window_images_) + static_cast<size_t>(k);
  }
  [[nodiscard]] uint8_t flags(size_t i, int64_t k) const noexcept { return flags_[place(i, k)]; }

  int64_t images_;
  size_t classes_;
  size_t windows_ = 0, counted_ = 0;
  int64_t window_images_ = 0;
  std::vector<uint32_t> window_of_;   // per fault of the block; kNone: nothing is kept
  std::vector<int64_t> first_image_;  // per window
  std::vector<float> scores_;         // windows x images of a window x classes
  std::vector<uint8_t> flags_;        // windows x images of a window
  std::vector<uint8_t> counts_;       // counted faults x images
};

}  // namespace tf_injector::detail
