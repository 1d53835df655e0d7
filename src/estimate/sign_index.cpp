#include "estimate/sign_index.hpp"

#include <bit>

namespace tf_injector::detail {
namespace {

constexpr int64_t kWord = 64;

}  // namespace

void SignIndex::add(bool is_negative) {
  if (size_ % kBlock == 0) before_.push_back(negatives_);
  if (size_ % kWord == 0) words_.push_back(0);
  if (is_negative) {
    words_.back() |= uint64_t{1} << (size_ % kWord);
    ++negatives_;
  }
  ++size_;
}

int64_t SignIndex::negatives_before(int64_t element) const {
  if (element == size_) return negatives_;
  int64_t count = before_[static_cast<size_t>(element / kBlock)];
  const int64_t last = element / kWord;
  for (int64_t word = element / kBlock * (kBlock / kWord); word < last; ++word)
    count += std::popcount(words_[static_cast<size_t>(word)]);
  const uint64_t below = (uint64_t{1} << (element % kWord)) - 1;
  return count + std::popcount(words_[static_cast<size_t>(last)] & below);
}

int64_t SignIndex::count(bool negative, int64_t first, int64_t end) const {
  const int64_t negatives = negatives_before(end) - negatives_before(first);
  return negative ? negatives : end - first - negatives;
}

int64_t SignIndex::find(bool negative, int64_t first, int64_t rank) const {
  int64_t low = first, high = size_ - 1;  // the element is the first with more than `rank` up to it
  while (low < high) {
    const int64_t middle = low + (high - low) / 2;
    if (count(negative, first, middle + 1) > rank)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

}  // namespace tf_injector::detail
