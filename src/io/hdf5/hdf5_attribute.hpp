// Reads string attributes of an opened HDF5 object. Internal to io/.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/hdf5/hdf5_handles.hpp"

namespace tf_injector::detail::hdf5 {

// All strings of an attribute (fixed or variable length, one or many); nothing if there is no such attribute.
// An attribute without elements gives an empty list, whatever its type (h5py writes an empty list as floats).
// `where` names the attribute in messages; `file` holds the bytes of the file. Throws Error(bad_input).
[[nodiscard]] std::optional<std::vector<std::string>> read_strings(const ObjectHandle& object,
                                                                   const std::string& name,
                                                                   const std::string& where,
                                                                   std::span<const uint8_t> file);

}  // namespace tf_injector::detail::hdf5
