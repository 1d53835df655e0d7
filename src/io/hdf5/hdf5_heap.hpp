// Variable-length strings of an HDF5 file read from its global heap by our own bounds-checked code. Internal
// to io/.
//
// libhdf5 1.10 copies a heap object of whatever size the heap declares into a buffer sized by the reference
// to it: one wrong bit in a file ends the process. So only the references are read through the library.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5/hdf5_handles.hpp"

namespace tf_injector::hdf5 {

// The `count` strings of an attribute of variable-length text. `file` is the whole file. Throws
// Error(bad_input) naming `where`.
[[nodiscard]] std::vector<std::string> read_heap_strings(const AttributeHandle& attribute, size_t count,
                                                         std::span<const uint8_t> file,
                                                         const std::string& where);

}  // namespace tf_injector::hdf5
