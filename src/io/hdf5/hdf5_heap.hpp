// Reads variable-length strings of an HDF5 file from its global heap, with bounds checks. Internal to io/.
//
// libhdf5 1.10 copies a heap object of the size that the heap declares into a buffer of the size that the
// reference declares: one wrong bit in a file crashes the process. So only the references are read through
// the library.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5/hdf5_handles.hpp"

namespace tf_injector::detail::hdf5 {

// The `count` strings of an attribute of variable-length text. `file` holds the bytes of the file. Throws
// Error(bad_input), naming `where`.
[[nodiscard]] std::vector<std::string> read_heap_strings(const AttributeHandle& attribute, size_t count,
                                                         std::span<const uint8_t> file,
                                                         const std::string& where);

}  // namespace tf_injector::detail::hdf5
