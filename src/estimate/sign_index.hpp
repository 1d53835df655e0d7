// Which elements of a network's kernels have a positive or a negative sign, found by their rank.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace tf_injector::detail {

// A bit for each element, and how many are set before each block of them.
class SignIndex {
 public:
  // Elements are numbered in the order in which they are added.
  void add(bool is_negative);
  [[nodiscard]] int64_t size() const noexcept { return size_; }
  // Negative or positive ones among the elements first .. end - 1.
  [[nodiscard]] int64_t count(bool negative, int64_t first, int64_t end) const;
  // The element that has `rank` others of this sign before it, counted from `first` on.
  [[nodiscard]] int64_t find(bool negative, int64_t first, int64_t rank) const;

 private:
  static constexpr int64_t kBlock = 512;  // elements, in 8 words
  [[nodiscard]] int64_t negatives_before(int64_t element) const;

  std::vector<uint64_t> words_;
  std::vector<int64_t> before_;  // negatives before each block
  int64_t size_ = 0, negatives_ = 0;
};

}  // namespace tf_injector::detail
