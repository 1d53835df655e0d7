// A read-only HDF5 file in memory: the subset of the format that Keras and h5py write, read without libhdf5.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector::detail {

// Read are groups in the old and the new form, hard links, text attributes, and data sets of numbers that are
// contiguous, compact or in chunks (indexed as HDF5 1.8 does), packed with gzip, shuffle or not at all.
// Refused are soft and external links, views of and data in other files, and everything else that no file of
// Keras has. Every address, size and count is checked against the file; cycles and overlaps end in an error.
// Time and memory are bounded by the size of the file.
class Hdf5File {
 public:
  // `label` names the file in messages. Throws Error(bad_input), as all functions do.
  Hdf5File(std::vector<uint8_t> bytes, std::string label);
  ~Hdf5File();
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;

  struct Array {
    Shape shape;  // the data set's full shape
    std::vector<float> values;
  };
  [[nodiscard]] bool exists(const std::string& path) const;
  // The names of the members of a group, sorted; empty if there is no such group.
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const;
  [[nodiscard]] bool is_group(const std::string& path) const;
  // A data set of float32, or of float16, bfloat16, float64 or integers, which are converted. Throws
  // Error(bad_input), naming the path.
  [[nodiscard]] Array read_floats(const std::string& dataset) const;
  // A string attribute (fixed or variable length) of an object ("/" is the root); nothing if it is missing.
  // Throws Error(bad_input).
  [[nodiscard]] std::optional<std::string> string_attribute(const std::string& object,
                                                            const std::string& name) const;
  // An attribute that is an array of strings (layer_names, weight_names); nothing if it is missing. Keras
  // splits long ones into name0, name1, ..., which are joined here. Throws Error(bad_input).
  [[nodiscard]] std::optional<std::vector<std::string>> string_list_attribute(const std::string& object,
                                                                              const std::string& name) const;

  // True if the bytes start with HDF5's signature.
  [[nodiscard]] static bool is_hdf5(std::span<const uint8_t> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tf_injector::detail
