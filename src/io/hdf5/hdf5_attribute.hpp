// Reads text attributes of an HDF5 object. Internal to io/.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "io/hdf5/hdf5_heap.hpp"
#include "io/hdf5/hdf5_object.hpp"

namespace tf_injector::detail::hdf5 {

// All texts of an attribute (fixed or variable length, one or many); nothing if there is no such attribute.
// An attribute without elements gives an empty list, whatever its type (h5py writes an empty list as floats).
// Throws Damaged; NoText for values of another type.
[[nodiscard]] std::optional<std::vector<std::string>> read_strings(FileBytes& file, GlobalHeap& heap,
                                                                   const Object& object,
                                                                   std::string_view name);

class NoText : public std::runtime_error {
 public:
  NoText() : std::runtime_error("is not text") {}
};

}  // namespace tf_injector::detail::hdf5
