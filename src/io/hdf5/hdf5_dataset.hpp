// Reads an opened HDF5 data set as float32. Every size is checked before memory is allocated. Internal to
// io/.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "io/hdf5/hdf5_file.hpp"
#include "io/hdf5/hdf5_handles.hpp"

namespace tf_injector::detail::hdf5 {

// `where` names file and data set in messages; `file` holds the bytes of the file. Throws Error(bad_input).
[[nodiscard]] Hdf5File::Array read_floats(const ObjectHandle& dataset, const std::string& where,
                                          std::span<const uint8_t> file);

}  // namespace tf_injector::detail::hdf5
