// The network as Keras defines it, as one flat list of ops: nested models are inlined, integer arithmetic on
// shapes is folded, nothing is optimised. A Plan is compiled from it and keeps no pointer into it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "graph/op.hpp"

namespace tf_injector::detail {

using NodeId = int32_t;  // index into Graph::nodes

// One application of an op. It has exactly one output tensor.
struct Node {
  std::string path;  // the Keras layer and the nested models that it is in: "model_3/conv2d_7"
  Op op;
  std::vector<NodeId> inputs;
  Shape shape;  // of the output, one image
};

// A Keras layer that is not a model, for summaries and fault lists. A shared layer is listed once.
struct Layer {
  std::string name;               // leaf name, as fault lists use it: "conv2d_7"
  std::string path;               // "model_3/conv2d_7"
  std::string class_name;         // Keras class ("Conv2D"); ops: "TFOpLambda(nn.relu)"
  std::vector<WeightId> weights;  // in the order of layer.get_weights()
  Shape output_shape;             // of its first call
  bool injectable = false;        // isinstance of Conv2D or Dense: faults may hit its kernel, weights[0]
};

// A call of a layer that computes a tensor of its own: faults can hit it.
struct LayerCall {
  size_t layer = 0;   // index into Graph::layers
  NodeId output = 0;  // behind the layer's own activation
};

struct Graph {
  std::string name;
  std::string keras_version;  // "2.14.0"
  std::vector<Weight> weights;
  std::vector<Node> nodes;      // in topological order: a node comes after its inputs
  std::vector<NodeId> inputs;   // Input nodes, in the order of the model's inputs
  std::vector<NodeId> outputs;  // in the order of the model's outputs
  std::vector<std::string> output_names;
  // In the order of Keras' _flatten_layers(include_self=False, recursive=True), without models.
  std::vector<Layer> layers;
  std::vector<LayerCall> calls;  // by layer, those of a layer in Keras' order

  StorageFormat storage = StorageFormat::float32;  // of the weights, as far as it is one for them

  std::vector<std::string> notes;  // what a user should know about the file: one line each

  // A fault of a call's output is a Patch of its mask, which is no weight but has an id as weights have,
  // behind theirs. Element e of the output becomes (bits & keep) ^ toggle: toggle is the mask's element e, 0
  // without a fault; keep is element n + e, n being the output's elements, all ones without a fault.
  [[nodiscard]] WeightId mask_of(size_t call) const noexcept {
    return static_cast<WeightId>(weights.size() + call);
  }
  [[nodiscard]] bool is_mask(WeightId id) const noexcept { return static_cast<size_t>(id) >= weights.size(); }
  // Of a mask.
  [[nodiscard]] const LayerCall& masked_call(WeightId mask) const {
    return calls.at(static_cast<size_t>(mask) - weights.size());
  }

  // Memory of the weights in bytes.
  [[nodiscard]] size_t bytes() const noexcept;

  // Append a node whose shape is inferred, or an input. Throw ModelError, naming `path`, if the shapes do not
  // fit.
  NodeId add(std::string path, Op op, std::vector<NodeId> node_inputs);
  NodeId add_input(std::string path, std::string input_name, Shape shape,
                   NumberType type = NumberType::float32);
};

// The output shape of any op but Input. Throws ModelError, saying what was expected and found.
[[nodiscard]] Shape infer_shape(const Op& op, std::span<const Shape> inputs);

}  // namespace tf_injector::detail
