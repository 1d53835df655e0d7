// Reads a fault list and resolves it against a model. All problems of a list are reported at once, before any
// inference.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector::detail {

struct ResolvedFaultList {
  std::string path;
  std::string sha256;          // of the file's bytes
  std::vector<Fault> faults;   // in the list's order
  std::vector<Patch> patches;  // what each does to the model
  std::vector<int32_t> lines;  // where each stands in the file

  void add(Fault fault, Patch patch, int32_t line = 0);
};

// Throws FaultListError: a line per problem ("list.csv:12:9: ...; expected ...; found ..."), at most 100,
// then the number of the others. Throws Error(bad_input) if the file cannot be read.
[[nodiscard]] ResolvedFaultList read_fault_list(const std::string& path, const Graph& graph);
// The same for a text; `label` names it in messages. Without a graph only what is wrong with the rows
// themselves is found, and the patches mean nothing.
[[nodiscard]] ResolvedFaultList parse_fault_list(std::string_view text, const std::string& label,
                                                 const Graph* graph);

}  // namespace tf_injector::detail
