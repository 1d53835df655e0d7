// Data sets that are stored in chunks, packed or not. Internal to io/.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/hdf5/hdf5_bytes.hpp"

namespace tf_injector::detail::hdf5 {

enum class Filter : uint8_t { deflate, shuffle };

struct Chunk {
  uint64_t address = 0, stored_bytes = 0;
  uint32_t skipped = 0;              // filters that were not applied: bit i for the i-th
  std::vector<uint64_t> first = {};  // the indices of its first element
};

struct ChunkedLayout {
  std::vector<uint64_t> dims;        // of the data set
  std::vector<uint64_t> chunk_dims;  // of a chunk
  size_t element_bytes = 0;
  std::vector<Filter> filters;  // in the order in which they were applied
};

// The chunks that a version 1 B-tree lists. Throws Damaged: chunks that are not where chunks can be, or more
// of them than there can be.
[[nodiscard]] std::vector<Chunk> list_chunks(FileBytes& file, uint64_t tree, const ChunkedLayout& layout);

// The elements of the data set, row-major. Throws Damaged.
[[nodiscard]] std::vector<uint8_t> unpack_chunks(FileBytes& file, const std::vector<Chunk>& chunks,
                                                 const ChunkedLayout& layout);

// How many chunks there are in all; the largest number if it overflows.
[[nodiscard]] uint64_t count_chunks(const ChunkedLayout& layout);

}  // namespace tf_injector::detail::hdf5
