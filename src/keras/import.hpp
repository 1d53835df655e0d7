// Reads a Keras model file into a Graph: .keras of Keras 2.12-2.15 and 3.x (zip, or HDF5 as TensorFlow 2.12
// writes it), legacy .h5.
#pragma once

#include <string>

#include "graph/graph.hpp"

namespace tf_injector::keras {

// Throws ModelError: unreadable or damaged file, unknown layer (its name, class and where to look), dtype
// policy other than float32, weights that do not fit the layers.
[[nodiscard]] Graph import_model(const std::string& path);

}  // namespace tf_injector::keras
