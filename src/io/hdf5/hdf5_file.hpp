// Read-only view of an HDF5 file held in memory. The only place that knows libhdf5; no external or soft
// links, no plugins.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/shape.hpp"

namespace tf_injector {

class Hdf5File {
 public:
  // `label` names the file in messages. Throws Error(bad_input).
  Hdf5File(std::vector<uint8_t> bytes, std::string label);
  ~Hdf5File();
  Hdf5File(Hdf5File&&) noexcept;
  Hdf5File& operator=(Hdf5File&&) noexcept;

  struct Array {
    Shape shape;  // the data set's full shape
    std::vector<float> values;
  };
  [[nodiscard]] bool exists(const std::string& path) const;
  // Names of the members of a group, sorted; empty for "no such group".
  [[nodiscard]] std::vector<std::string> children(const std::string& group) const;
  [[nodiscard]] bool is_group(const std::string& path) const;
  // A float32 (or float16, float64, any integer: converted) data set. Throws Error(bad_input) naming the
  // path.
  [[nodiscard]] Array read_floats(const std::string& dataset) const;
  // A string attribute (fixed or variable length) of an object ("/" for the root).
  [[nodiscard]] std::optional<std::string> string_attribute(const std::string& object,
                                                            const std::string& name) const;
  // An attribute that is an array of strings (layer_names, weight_names); Keras splits long ones into name0,
  // name1, ...: joined here.
  [[nodiscard]] std::optional<std::vector<std::string>> string_list_attribute(const std::string& object,
                                                                              const std::string& name) const;

  // True when the bytes start with HDF5's signature.
  [[nodiscard]] static bool is_hdf5(std::span<const uint8_t> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tf_injector
