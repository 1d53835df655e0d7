// Reads all that is in an HDF5 file.
#pragma once

#include <string>

#include "fuzz_target.hpp"
#include "io/hdf5/hdf5_file.hpp"

namespace tf_injector::detail::fuzz {

// Reads everything below a group; `left` bounds how many names are looked at.
inline void walk_hdf5(const Hdf5File& file, const std::string& group, int depth, int& left) {
  constexpr int kDeepest = 6;
  for (const char* name : {"layer_names", "weight_names"})
    accepted([&] { return file.string_list_attribute(group, name); });
  accepted([&] { return file.string_attribute(group, "dtype"); });
  const auto names = accepted([&] { return file.children(group); });
  if (!names || depth == kDeepest) return;
  for (const std::string& name : *names) {
    if (--left < 0) return;
    const std::string path = group == "/" ? "/" + name : group + "/" + name;
    if (accepted([&] { return file.is_group(path); }).value_or(false)) {
      walk_hdf5(file, path, depth + 1, left);
    } else if (const auto array = accepted([&] { return file.read_floats(path); })) {
      require(array->shape.elements() == static_cast<int64_t>(array->values.size()),
              "values of another number than the shape says");
    }
  }
}

inline void walk_hdf5(const uint8_t* data, size_t size) {
  const auto file = accepted([&] { return Hdf5File(as_bytes(data, size), "f.h5"); });
  int left = 200;
  if (file) walk_hdf5(*file, "/", 0, left);
}

}  // namespace tf_injector::detail::fuzz
