// Reads a fault list and resolves it against a model. Everything wrong with a list is reported at once,
// before any inference.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector {

struct ResolvedFault {
  Fault fault;
  Patch patch;
  int line = 0;  // of the list
};

struct FaultList {
  std::string path;
  std::string sha256;                 // of the file's bytes
  std::vector<ResolvedFault> faults;  // in the list's order
};

// Throws FaultListError: one line per problem "list.csv:12:9: ...: expected ..., found ...", at most 100,
// then how many more.
[[nodiscard]] FaultList read_fault_list(const std::string& path, const Graph& graph);
// The same from text; `label` stands for the file name.
[[nodiscard]] FaultList parse_fault_list(std::string_view text, const std::string& label, const Graph& graph);

}  // namespace tf_injector
