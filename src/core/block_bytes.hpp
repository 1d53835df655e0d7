// What a block of memory takes of the machine, with what the allocator adds to it.
#pragma once

#include <cstddef>
#include <vector>

namespace tf_injector {

// Blocks of so many bytes are mapped on their own (give_back_large_blocks): in whole pages.
inline constexpr size_t kLargeBlock = size_t{256} << 10;

// Of a block of `bytes` on a boundary of `alignment` bytes: the allocator's own words in front of it, what is
// left free in front of the boundary, the rest of its last page.
[[nodiscard]] constexpr size_t block_bytes(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
  constexpr size_t kHeader = 2 * sizeof(size_t), kPage = 4096;
  const size_t all = bytes + alignment + kHeader;
  const size_t unit = all < kLargeBlock ? alignof(std::max_align_t) : kPage;
  return (all + unit - 1) / unit * unit;
}

// Of the elements of a vector, without what they hold themselves.
template <class T>
[[nodiscard]] size_t vector_bytes(const std::vector<T>& values) {
  return values.capacity() == 0 ? 0 : block_bytes(values.capacity() * sizeof(T));
}

}  // namespace tf_injector
