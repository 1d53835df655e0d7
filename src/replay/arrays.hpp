// Arrays whose sizes are known before they are made: their owner lists each of them once, with its size
// (`list_arrays`), and what it lists them to allocates them or adds up what they take.
#pragma once

#include <vector>

#include "core/aligned_buffer.hpp"
#include "core/block_bytes.hpp"
#include "kernels/pack_interfaces.hpp"
#include "replay/index.hpp"
#include "replay/plan/replay_sizes.hpp"

namespace tf_injector::detail::replay {

// Makes them. Throws std::bad_alloc.
class ArrayMaker {
 public:
  void add(AlignedBuffer& array, int64_t floats) const { array = AlignedBuffer(idx(floats)); }
  template <class T>
  void add(std::vector<T>& array, int64_t size) const {
    array.resize(idx(size));
  }
  // Empty, and never of more elements.
  template <class T>
  void reserve(std::vector<T>& array, int64_t most) const {
    array.reserve(idx(most));
  }
  // Grows as it has to.
  template <class Array>
  void grow(Array&, int64_t) const {}
  // Elements that have arrays of their own: calls list(element, i) for each.
  template <class T, class List>
  void repeat(std::vector<T>& array, int64_t count, const List& list) const {
    array.resize(idx(count));
    for (int64_t i = 0; i < count; ++i) list(array[idx(i)], i);
  }
};

// Adds up the most that they take; looks at no array.
class ArrayCounter {
 public:
  void add(const AlignedBuffer&, int64_t floats) { bytes_ += AlignedBuffer::bytes_of(idx(floats)); }
  template <class T>
  void add(const std::vector<T>&, int64_t size) {
    bytes_ += block_bytes(idx(size) * sizeof(T));
  }
  template <class Array>
  void reserve(const Array& array, int64_t most) {
    add(array, most);
  }
  template <class Array>
  void grow(const Array& array, int64_t most) {
    add(array, most);
  }
  template <class T, class List>
  void repeat(const std::vector<T>& array, int64_t count, const List& list) {
    add(array, count);
    T element;
    for (int64_t i = 0; i < count; ++i) list(element, i);
  }
  [[nodiscard]] size_t bytes() const noexcept { return bytes_; }

 private:
  size_t bytes_ = 0;
};

// Without `room`, which run_columns alone uses.
template <class To>
void list_scratch(PositionScratch& scratch, const ReplaySizes& sizes, To& to) {
  to.repeat(scratch.among, static_cast<int64_t>(sizes.among.size()),
            [&](std::vector<int32_t>& among, int64_t i) { to.reserve(among, sizes.among[idx(i)]); });
  to.reserve(scratch.classes, static_cast<int64_t>(sizes.among.size()));
}

// What the arrays of an owner take, which is never made.
template <class Arrays, class... Sizes>
[[nodiscard]] size_t array_bytes(const Sizes&... sizes) {
  ArrayCounter counter;
  Arrays arrays;
  arrays.list_arrays(sizes..., counter);
  return counter.bytes();
}

}  // namespace tf_injector::detail::replay
