// What a Model holds.
#pragma once

#include <string>

#include "graph/graph.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector {

struct Model::Data {
  detail::Graph graph;
  std::string source;
  std::string sha256;
};

}  // namespace tf_injector

namespace tf_injector::detail {

// A network that is in memory already.
[[nodiscard]] Model model_of(Graph graph, std::string source, std::string sha256);

}  // namespace tf_injector::detail
