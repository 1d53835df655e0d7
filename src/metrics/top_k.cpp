#include "metrics/top_k.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <numeric>
#include <utility>

#include "core/bits.hpp"

namespace tf_injector::detail {
namespace {

constexpr size_t kStackClasses = 4096;  // longer rows need an allocation

// NumPy's order of floats: NaN is larger than every number and equal to any NaN; -0 equals +0.
bool before(float a, float b) { return a < b || (b != b && a == a); }

// Quickselect on indices with exactly the swaps of NumPy 1.26's argpartition for one kth. Every swap decides
// which of several equal scores end up in the top k, so no other selection algorithm can replace it.
class IndexSelection {
 public:
  IndexSelection(const float* scores, int32_t* order) : scores_(scores), order_(order) {}

  // Partitions order[first, first + count) around the element of rank `kth`: smaller ones come before it,
  // larger ones after it.
  void select(int first, int count, int kth) {
    if (kth < 3) {
      select_smallest(first, count, kth);
    } else if (kth == count - 1) {
      select_last_largest(first, count);
    } else {
      quickselect(first, count, kth);
    }
  }

 private:
  float score(int place) const { return scores_[order_[place]]; }
  void swap(int a, int b) { std::swap(order_[a], order_[b]); }
  void swap_if_before(int a, int b) {
    if (before(score(a), score(b))) swap(a, b);
  }

  // Selection sort of the kth + 1 smallest, taking the first of equal ones.
  void select_smallest(int first, int count, int kth) {
    for (int place = first; place <= first + kth; ++place) {
      int smallest = place;
      for (int other = place + 1; other < first + count; ++other) {
        if (before(score(other), score(smallest))) smallest = other;
      }
      swap(place, smallest);
    }
  }

  // One linear scan for the largest, taking the last of equal ones.
  void select_last_largest(int first, int count) {
    const int last = first + count - 1;
    int largest = first;
    for (int other = first + 1; other <= last; ++other) {
      if (!before(score(other), score(largest))) largest = other;
    }
    swap(last, largest);
  }

  void quickselect(int first, int count, int kth) {
    const int target = first + kth;
    int low = first;
    int high = first + count - 1;
    // After so many partitions by the median of three, the median of medians bounds the worst case.
    int cheap_rounds = 2 * (std::bit_width(static_cast<unsigned>(count)) - 1);
    while (low + 1 < high) {
      int left = low + 1;
      int right = high;
      if (cheap_rounds > 0 || right - left < 5) {
        pivot_of_three(low, low + (high - low) / 2, high);
      } else {
        swap(pivot_of_medians(left, right - left), low);
        --left;
        ++right;
      }
      --cheap_rounds;
      partition(score(low), left, right);
      swap(low, right);
      if (right >= target) high = right - 1;
      if (right <= target) low = left;
    }
    if (high == low + 1) swap_if_before(high, low);
  }

  // Moves the median of three to `low` and the smallest to low + 1, where they stop the scans of `partition`.
  void pivot_of_three(int low, int middle, int high) {
    swap_if_before(high, middle);
    swap_if_before(high, low);
    swap_if_before(low, middle);
    swap(middle, low + 1);
  }

  // The position of the median of the medians of groups of five; the remainder is ignored.
  int pivot_of_medians(int first, int count) {
    const int groups = count / 5;
    for (int group = 0; group < groups; ++group) swap(median_of_five(first + 5 * group), first + group);
    if (groups > 2) select(first, groups, groups / 2);
    return first + groups / 2;
  }

  int median_of_five(int first) {
    swap_if_before(first + 1, first);
    swap_if_before(first + 4, first + 3);
    swap_if_before(first + 3, first);
    swap_if_before(first + 4, first + 1);
    swap_if_before(first + 2, first + 1);
    if (!before(score(first + 3), score(first + 2))) return first + 2;
    return before(score(first + 3), score(first + 1)) ? first + 1 : first + 3;
  }

  // Afterwards the scores up to `right` are at most, those from `left` on at least the pivot. The caller has
  // put elements that stop the scans at both ends.
  void partition(float pivot, int& left, int& right) const {
    for (;;) {
      do ++left;
      while (before(score(left), pivot));
      do --right;
      while (before(pivot, score(right)));
      if (right < left) return;
      std::swap(order_[left], order_[right]);
    }
  }

  const float* scores_;
  int32_t* order_;
};

// Fills `order` with scores.argpartition(-k).
void partition_indices(std::span<const float> scores, int k, std::span<int32_t> order) {
  std::iota(order.begin(), order.end(), 0);
  const int count = static_cast<int>(scores.size());
  IndexSelection(scores.data(), order.data()).select(0, count, count - k);
}

// Calls use(the k indices of the largest scores, in NumPy's order) and returns what it does.
template <typename Use>
auto with_top_k(std::span<const float> scores, int k, const Use& use) {
  std::array<int32_t, kStackClasses> on_stack;
  std::vector<int32_t> on_heap;
  std::span<int32_t> order(on_stack.data(), std::min(scores.size(), on_stack.size()));
  if (scores.size() > on_stack.size()) {
    on_heap.resize(scores.size());
    order = on_heap;
  }
  partition_indices(scores, k, order);
  return use(order.last(static_cast<size_t>(k)));
}

// in_top_k if several scores are equal at the boundary of the top k.
bool in_top_k_among_ties(std::span<const float> scores, int k, int label) {
  return with_top_k(scores, k, [label](std::span<const int32_t> chosen) {
    return std::find(chosen.begin(), chosen.end(), label) != chosen.end();
  });
}

}  // namespace

int argmax(std::span<const float> scores) {
  assert(!scores.empty());
  size_t largest = 0;
  for (size_t i = 1; i < scores.size(); ++i) {
    if (before(scores[largest], scores[i])) largest = i;
  }
  return static_cast<int>(largest);
}

void top_k(std::span<const float> scores, int k, std::vector<int>& chosen) {
  const int count = static_cast<int>(scores.size());
  k = std::clamp(k, 0, count);
  chosen.clear();
  if (k == 0) return;
  chosen.resize(scores.size());
  partition_indices(scores, k, chosen);
  chosen.erase(chosen.begin(), chosen.end() - k);
}

int top_1(std::span<const float> scores) {
  return with_top_k(scores, 1,
                    [](std::span<const int32_t> chosen) { return static_cast<int>(chosen.front()); });
}

bool in_top_k(std::span<const float> scores, int k, int label) {
  const int count = static_cast<int>(scores.size());
  if (label < 0 || label >= count || k < 1) return false;
  k = std::min(k, count);
  const float own = scores[static_cast<size_t>(label)];
  int larger = 0;       // scores above the label's
  int not_smaller = 0;  // scores not below it, its own included
  if (is_nan(own)) {
    for (float score : scores) not_smaller += score != score;
  } else {
    for (float score : scores) {
      larger += !(score <= own);  // NaN counts as larger
      not_smaller += !(score < own);
    }
  }
  if (larger >= k) return false;
  if (not_smaller <= k) return true;
  return in_top_k_among_ties(scores, k, label);
}

}  // namespace tf_injector::detail
