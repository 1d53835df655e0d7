// Reads a Keras model file into a Graph: .keras of Keras 2.12-2.15 and 3.x (zip, or HDF5 as TensorFlow 2.12
// writes it), legacy .h5.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/graph.hpp"

namespace tf_injector::detail::keras {

struct ModelFile {
  std::string path;  // for messages
  std::vector<uint8_t> bytes;
};
// Throws ModelError if the file cannot be read or is a folder.
[[nodiscard]] ModelFile read_model(const std::string& path);

// Throws ModelError: damaged file, unknown layer (with its name, class and where to look), dtype policy other
// than float32, weights that do not fit the layers.
[[nodiscard]] Graph import_model(ModelFile file);
// Reads and imports the file. Throws as both.
[[nodiscard]] Graph import_model(const std::string& path);

}  // namespace tf_injector::detail::keras
