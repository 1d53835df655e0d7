// Checks the structure of an HDF5 file before libhdf5 sees it, which trusts sizes and addresses that a
// damaged or hostile file may hold.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace tf_injector::detail::hdf5 {

// Walks all groups and objects that are reached from the root: superblock, object headers with their messages
// (HDF5 File Format Specification 3.0, IV.A), symbol tables, local heaps, the index of chunks. Every size,
// address and count must fit the file and the structure that it stands in. What only newer files have
// (fractal heaps, B-trees of version 2) is left to libhdf5 and its checksums. Throws Error(bad_input), naming
// `label`. Time and memory are linear in the size of the file.
void check_structure(std::span<const uint8_t> file, const std::string& label);

}  // namespace tf_injector::detail::hdf5
