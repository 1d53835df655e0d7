// The network as Keras means it, flat: nested models are inlined, integer shape arithmetic is folded, nothing
// is optimised. Owned by whoever imported it; the Plan is compiled from it and keeps no pointer into it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/op.hpp"

namespace tf_injector {

using NodeId = int32_t;  // index into Graph::nodes

// One op applied once. Has exactly one output tensor.
struct Node {
  std::string path;  // Keras layer with the models around it: "model_3/conv2d_7"; the top model's own name is
                     // not part of it
  Op op;
  std::vector<NodeId> inputs;
  Shape shape;  // of the output, one image
};

// A Keras leaf layer, for summaries and fault lists. A shared layer stands here once.
struct Layer {
  std::string name;               // leaf name, as fault lists use it: "conv2d_7"
  std::string path;               // "model_3/conv2d_7"
  std::string class_name;         // Keras class ("Conv2D"); ops: "TFOpLambda(nn.relu)"
  std::vector<WeightId> weights;  // in the order of layer.get_weights()
  Shape output_shape;             // of its first call
  bool injectable =
      false;  // Conv2D or Dense in Keras' sense (isinstance): weights[0] is the kernel that faults may hit
};

struct Graph {
  std::string name;
  std::string keras_version;  // "2.14.0"; decides nothing but what is printed, unless a layer says so
  std::vector<Weight> weights;
  std::vector<Node> nodes;      // topological order: inputs come before users
  std::vector<NodeId> inputs;   // Input nodes, in the order of the model's inputs
  std::vector<NodeId> outputs;  // in the order of the model's outputs
  std::vector<std::string> output_names;
  std::vector<Layer>
      layers;  // order of Keras' _flatten_layers(include_self=False, recursive=True), without containers

  std::vector<std::string> notes;  // about the file, for whoever uses the network: one line each

  // Memory of the weights; of those that are smaller than a large block (core/block_bytes.hpp), which the
  // allocator keeps for others when they are freed.
  [[nodiscard]] size_t bytes() const noexcept;
  [[nodiscard]] size_t bytes_of_small_weights() const noexcept;

  // Appends a node; infers and checks its shape. Throws ModelError naming `path`.
  NodeId add(std::string path, Op op, std::vector<NodeId> node_inputs);
  NodeId add_input(std::string path, std::string input_name, Shape shape,
                   NumberType type = NumberType::float32);
};

// Output shape of any op but Input. Throws ModelError with what was expected and found.
[[nodiscard]] Shape infer_shape(const Op& op, std::span<const Shape> inputs);

}  // namespace tf_injector
