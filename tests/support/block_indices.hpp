// Faults of a block, written as numbers.
#pragma once

#include <initializer_list>
#include <vector>

#include "core/fault_index.hpp"

namespace tf_injector::detail::test {

inline std::vector<BlockIndex> block_indices(std::initializer_list<size_t> numbers) {
  std::vector<BlockIndex> indices;
  for (const size_t number : numbers) indices.emplace_back(number);
  return indices;
}

}  // namespace tf_injector::detail::test
