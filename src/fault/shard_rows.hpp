// Cuts a fault list into shards of the same expected work.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "tf_injector/shard.hpp"

namespace tf_injector::detail {

// The expected work of a fault in each weight, in parts of the whole network's; at least 1, at most
// kMostFaultCost. From shapes alone: whatever the machine, its kernels and threads, lists are cut alike.
[[nodiscard]] std::vector<uint32_t> fault_costs(const Graph& graph);
inline constexpr uint32_t kMostFaultCost = 4096;

// Shard I of N begins where the rows before it have I / N of the work of all. So shard 1/2 has the rows of
// 2/4 and 3/4.
[[nodiscard]] ShardRows shard_rows(const Shard& shard, PatchRows faults, std::span<const uint32_t> costs);

}  // namespace tf_injector::detail
