#include "fault/shard_rows.hpp"

#include <algorithm>
#include <cmath>
#include <variant>

namespace tf_injector::detail {
namespace {

// What a fault takes, of what one takes that the whole network is behind: a part whatever its layer, a part
// by the share of the network that is behind it, and the rest by the share's third power.
constexpr double kCostOfAnyFault = 0.004, kCostByShare = 0.25;

double channels_of(const Node& node) {
  const int rank = node.shape.rank();
  return rank == 0 ? 1 : static_cast<double>(std::max<int64_t>(node.shape[rank - 1], 1));
}

// Multiply-adds of an op with a kernel; of others one for each element of the output.
double work_of(const Graph& graph, const Node& node) {
  const auto elements = static_cast<double>(node.shape.elements());
  const WeightId kernel = kernel_of(node.op);
  if (kernel == kNoWeight) return elements;
  return elements / channels_of(node) *
         static_cast<double>(graph.weights[static_cast<size_t>(kernel)].shape.elements());
}

// What comes behind a weight: of the ops that hold it the share of one output channel, and all ops that read
// of them. Of a mask: all ops that read of its call's output.
double work_behind(const Graph& graph, std::span<const double> work, WeightId weight) {
  std::vector<bool> is_behind(graph.nodes.size());
  const NodeId masked = graph.is_mask(weight) ? graph.masked_call(weight).output : -1;
  double sum = 0;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool reads = std::any_of(node.inputs.begin(), node.inputs.end(),
                                   [&](NodeId input) { return is_behind[static_cast<size_t>(input)]; });
    const bool is_hit = holds(node.op, weight);
    is_behind[i] = reads || is_hit || static_cast<NodeId>(i) == masked;
    if (reads) {
      sum += work[i];
    } else if (is_hit) {
      sum += work[i] / channels_of(node);
    }
  }
  return sum;
}

}  // namespace

// Replay skips more where a change has not spread yet: of a fault, the more of the network is behind it, the
// larger is the part that is computed. Chosen by what a fault in each layer took of seven networks: four
// residual networks with trained weights are cut evenly within a sixth, three others with random weights are
// not (docs/scaling.md).
std::vector<uint32_t> fault_costs(const Graph& graph) {
  std::vector<double> work;
  double all = 0;
  for (const Node& node : graph.nodes) {
    work.push_back(work_of(graph, node));
    all += work.back();
  }
  std::vector<uint32_t> costs(graph.weights.size() + graph.calls.size(), 1);
  for (size_t i = 0; i < costs.size(); ++i) {
    const bool is_held = graph.is_mask(static_cast<WeightId>(i)) ||
                         std::any_of(graph.nodes.begin(), graph.nodes.end(), [&](const Node& node) {
                           return holds(node.op, static_cast<WeightId>(i));
                         });
    if (!is_held || all <= 0) continue;
    const double share = work_behind(graph, work, static_cast<WeightId>(i)) / all;
    const double cost =
        kCostOfAnyFault + kCostByShare * share + (1 - kCostOfAnyFault - kCostByShare) * share * share * share;
    costs[i] =
        std::clamp<uint32_t>(static_cast<uint32_t>(std::lround(cost * kMostFaultCost)), 1, kMostFaultCost);
  }
  return costs;
}

ShardRows shard_rows(const Shard& shard, PatchRows faults, std::span<const uint32_t> costs) {
  // From the first layer that it changes on.
  const auto cost_of = [&](std::span<const Patch> fault) -> uint64_t {
    uint32_t most = 1;
    for (const Patch& patch : fault)
      if (patch.changes()) most = std::max(most, costs[static_cast<size_t>(patch.weight)]);
    return most;
  };
  uint64_t all = 0;
  for (size_t i = 0; i < faults.size(); ++i) all += cost_of(faults[i]);
  const auto of = static_cast<uint64_t>(shard.of);
  const uint64_t begin = all * static_cast<uint64_t>(shard.index), end = begin + all;  // times 1 / N
  ShardRows rows{.shard = shard, .list_rows = static_cast<int64_t>(faults.size())};
  uint64_t before = 0;
  for (size_t i = 0; i < faults.size(); ++i) {
    if (before * of >= end) break;
    if (before * of < begin)
      ++rows.first_row;
    else
      ++rows.rows;
    before += cost_of(faults[i]);
  }
  return rows;
}

}  // namespace tf_injector::detail
