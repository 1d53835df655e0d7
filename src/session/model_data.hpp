// What a Model holds.
#pragma once

#include <string>

#include "graph/graph.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector {

struct Model::Data {
  Graph graph;
  std::string source;
  std::string sha256;
};

// A network that is in memory already.
[[nodiscard]] Model model_of(Graph graph, std::string source, std::string sha256);

}  // namespace tf_injector
