#include "graph/graph.hpp"

#include "core/block_bytes.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {

const char* op_name(const Op& op) {
  return std::visit([](const auto& o) { return std::decay_t<decltype(o)>::kName; }, op);
}

WeightId kernel_of(const Op& op) noexcept {
  return std::visit(
      [](const auto& of) {
        if constexpr (requires { of.kernel; }) return of.kernel;
        return kNoWeight;
      },
      op);
}

bool holds(const Op& op, WeightId weight) noexcept {
  return std::visit(
      [&](const auto& of) {
        bool found = false;
        if constexpr (requires { of.kernel; }) found = found || of.kernel == weight;
        if constexpr (requires { of.bias; }) found = found || of.bias == weight;
        if constexpr (requires { of.gamma; }) found = found || of.gamma == weight || of.beta == weight;
        if constexpr (requires { of.mask; }) found = found || of.mask == weight;
        if constexpr (requires { of.mean; }) found = found || of.mean == weight || of.variance == weight;
        return found;
      },
      op);
}

Shape infer_shape(const Op& op, std::span<const Shape> inputs) {
  return std::visit(
      [&](const auto& o) -> Shape {
        if constexpr (std::is_same_v<std::decay_t<decltype(o)>, ops::Input>) {
          throw ModelError("an input has no input");
        } else {
          return ops::infer_shape(o, inputs);
        }
      },
      op);
}

size_t Graph::bytes() const noexcept {
  size_t bytes = 0;
  for (const Weight& weight : weights) bytes += vector_bytes(weight.values) + vector_bytes(weight.scales);
  return bytes;
}

NodeId Graph::add(std::string path, Op op, std::vector<NodeId> node_inputs) {
  std::vector<Shape> shapes;
  for (NodeId id : node_inputs) shapes.push_back(nodes.at(static_cast<size_t>(id)).shape);
  Shape shape;
  try {
    shape = tf_injector::detail::infer_shape(op, shapes);
  } catch (const ModelError& error) {
    throw ModelError("layer '" + path + "' (" + op_name(op) + "): " + error.what());
  }
  nodes.push_back({std::move(path), std::move(op), std::move(node_inputs), std::move(shape)});
  return static_cast<NodeId>(nodes.size() - 1);
}

NodeId Graph::add_input(std::string path, std::string input_name, Shape shape, NumberType type) {
  nodes.push_back({std::move(path), ops::Input{std::move(input_name), type}, {}, std::move(shape)});
  const auto id = static_cast<NodeId>(nodes.size() - 1);
  inputs.push_back(id);
  return id;
}

}  // namespace tf_injector::detail
