// Reads a fault list and resolves it against a model. All problems of a list are reported at once, before any
// inference.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "tf_injector/fault_table.hpp"

namespace tf_injector::detail {

struct ResolvedFaultList {
  std::string path;
  std::string sha256;  // of the file's bytes
  FaultTable faults;   // in the list's order
  PatchTable patches;  // what each does to the model; none without a model

  // Throws Error(usage): no part.
  void add(const Fault& fault, std::span<const Patch> fault_patches);
  void add(const Fault& fault, const Patch& patch) { add(fault, std::span(&patch, 1)); }
};

// Reads the file once, block by block. Throws FaultListError: a line per problem ("list.csv:12:9: ...;
// expected ...; found ..."), at most 100, then the number of the others; a line of more than 64 KiB is the
// last that is read. Throws Error(bad_input) if the file cannot be read, Stopped. Without a graph only what
// is wrong with the rows themselves is found.
[[nodiscard]] ResolvedFaultList read_fault_list(const std::string& path, const Graph* graph,
                                                const std::atomic<bool>* stop = nullptr);
// The same for a text; `label` names it in messages.
[[nodiscard]] ResolvedFaultList parse_fault_list(std::string_view text, const std::string& label,
                                                 const Graph* graph);

}  // namespace tf_injector::detail
