// Converts an opened model file to a Graph.
#pragma once

#include "graph/graph.hpp"
#include "keras/archive.hpp"

namespace tf_injector::detail::keras {

// Throws ModelError, which does not name the file, or Error(bad_input) of the HDF5 file, which does.
[[nodiscard]] Graph import_archive(const Archive& archive);

}  // namespace tf_injector::detail::keras
