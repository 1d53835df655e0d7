// How much memory a heap block really takes, the allocator's overhead included.
#pragma once

#include <cstddef>
#include <vector>

#include "core/round_up.hpp"

namespace tf_injector::detail {

// Blocks of at least this size are mapped separately (give_back_large_blocks), in whole pages.
inline constexpr size_t kLargeBlock = size_t{256} << 10;

// The memory of a block of `bytes` aligned to `alignment`: with the allocator's header, the padding for the
// alignment, and the rest of the last page.
[[nodiscard]] constexpr size_t block_bytes(size_t bytes, size_t alignment = alignof(std::max_align_t)) {
  constexpr size_t kHeader = 2 * sizeof(size_t), kPage = 4096;
  const size_t all = bytes + alignment + kHeader;
  const size_t unit = all < kLargeBlock ? alignof(std::max_align_t) : kPage;
  return round_up(all, unit);
}

// The memory of a vector's elements, without what the elements own.
template <class T>
[[nodiscard]] size_t vector_bytes(const std::vector<T>& values) {
  return values.capacity() == 0 ? 0 : block_bytes(values.capacity() * sizeof(T));
}

}  // namespace tf_injector::detail
