// Turns an opened model file into a Graph.
#pragma once

#include "graph/graph.hpp"
#include "keras/archive.hpp"

namespace tf_injector::keras {

// Throws ModelError without the file's name, or Error(bad_input) of the HDF5 file with it.
[[nodiscard]] Graph import_archive(const Archive& archive);

}  // namespace tf_injector::keras
