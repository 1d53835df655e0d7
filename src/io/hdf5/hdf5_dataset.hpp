// Reads an HDF5 data set as float32. Every size is checked before memory is allocated. Internal to io/.
#pragma once

#include <stdexcept>

#include "io/hdf5/hdf5_file.hpp"
#include "io/hdf5/hdf5_heap.hpp"
#include "io/hdf5/hdf5_object.hpp"

namespace tf_injector::detail::hdf5 {

// A data set of a form that is not read; the text says which, and what is expected.
class Refused : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Throws Damaged, Refused.
[[nodiscard]] Hdf5File::Array read_floats(FileBytes& file, GlobalHeap& heap, const Object& dataset);

}  // namespace tf_injector::detail::hdf5
