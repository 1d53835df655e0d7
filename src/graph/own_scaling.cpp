#include "graph/own_scaling.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace tf_injector::detail {
namespace {

using ops::Binary;
using ops::BinaryKind;

// Ops that move values and do not change their scale.
bool keeps_scale(const Op& op) {
  return is_any_of<ops::Pad, ops::Slice, ops::Transpose, ops::Reshape, ops::Concat, ops::Repeat, ops::Resize>(
      op);
}

std::string class_of(const Graph& graph, const Node& node) {
  for (const Layer& layer : graph.layers) {
    if (layer.path == node.path) return layer.class_name;
  }
  const auto* binary = std::get_if<Binary>(&node.op);
  return binary != nullptr ? binary_name(binary->kind) : op_name(node.op);  // Keras 3's ops are not layers
}

// True for x / 255, x * 0.0039, x - (123.68, ...): they only make sense for values from 0 to 255.
bool is_for_bytes(const Graph& graph, const Binary& op) {
  if (op.constant == kNoWeight || op.constant_first) return false;
  const std::vector<float>& values = graph.weights.at(static_cast<size_t>(op.constant)).values;
  const auto all = [&](auto holds) { return std::all_of(values.begin(), values.end(), holds); };
  constexpr float kLargestScaledMean = 2.0f;  // the 1 of x / 127.5 - 1 is not the mean of a byte
  switch (op.kind) {
    case BinaryKind::divide:
      return all([](float v) { return std::fabs(v) > 1.0f; });
    case BinaryKind::multiply:
      return all([](float v) { return std::fabs(v) < 1.0f; });
    case BinaryKind::add:
    case BinaryKind::subtract:
      return all([](float v) { return std::fabs(v) > kLargestScaledMean; });
    case BinaryKind::maximum:
    case BinaryKind::minimum:
      return false;
  }
  return false;
}

}  // namespace

std::optional<OwnScaling> own_scaling(const Graph& graph, NodeId input) {
  std::set<NodeId> raw{input};  // nodes that hold the input's values, at other positions
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    const bool reads_raw =
        std::any_of(node.inputs.begin(), node.inputs.end(), [&](NodeId from) { return raw.contains(from); });
    if (!reads_raw) continue;
    const std::string class_name = class_of(graph, node);
    const auto* binary = std::get_if<Binary>(&node.op);
    if (class_name == "Rescaling" || class_name == "Normalization" ||
        (binary != nullptr && is_for_bytes(graph, *binary)))
      return OwnScaling{node.path, class_name};
    if (keeps_scale(node.op)) raw.insert(static_cast<NodeId>(i));
  }
  return std::nullopt;
}

}  // namespace tf_injector::detail
