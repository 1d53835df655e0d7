// What the import function of a layer or op works with: options, arguments, weights, and the graph that it
// adds nodes to.
#pragma once

#include <initializer_list>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "keras/config.hpp"
#include "keras/model_spec.hpp"
#include "keras/value.hpp"

namespace tf_injector::keras {

// Results of the calls of one model: [layer][call][output].
using CallResults = std::vector<std::vector<Values>>;

// A tensor that stands in the configuration.
struct Constant {
  Shape shape;
  std::vector<float> values;
};

// Tensors of one image beyond 2^40 elements are refused, before any product of sizes overflows.
[[nodiscard]] bool is_too_large(const Shape& shape);

// The types of the graph's nodes, by id: nearly all are float32, and behind the last that is not, nothing
// stands. What is fed to an input of integers stays what it is until a layer or a cast makes float32 of it.
class NodeTypes {
 public:
  [[nodiscard]] NumberType of(NodeId node) const;
  void set(NodeId node, NumberType type);

 private:
  std::map<NodeId, NumberType> others_;  // than float32
};

// One call of one layer. All functions throw ModelError naming the layer.
class CallContext {
 public:
  CallContext(Graph& graph, NodeTypes& types, const LayerSpec& layer, const Call& call,
              const CallResults& results, const std::vector<WeightId>& weights, Generation generation);

  Config config;
  [[nodiscard]] Generation generation() const noexcept { return generation_; }
  [[nodiscard]] const std::string& class_name() const noexcept { return layer_.class_name; }
  // Whether the file was written by `major.minor` or a later one; one that does not say is taken for the
  // newest.
  [[nodiscard]] bool is_from(int major, int minor) const;
  [[noreturn]] void fail(const std::string& problem) const;

  // An argument by its place in the call or one of its names, or an option of the configuration (Keras 3
  // writes many arguments of ops there). Marked as read; null when absent or None.
  const Argument* argument(size_t position, std::initializer_list<const char*> names);
  // The same, known to change nothing.
  void ignore_argument(size_t position, std::initializer_list<const char*> names);
  // Is the argument, or the option of its first name, given as None?
  [[nodiscard]] bool is_given_as_none(size_t position, std::initializer_list<const char*> names);

  // The first argument: one value; one tensor; all tensors of a list.
  const Value& input_value();
  NodeId input();
  std::vector<NodeId> inputs();
  // Of a dict the tensors of these keys; else the same.
  std::vector<NodeId> inputs_named(const std::vector<std::string>& keys);
  NodeId tensor(const Argument& argument) const;
  const Value& value(const Argument& argument) const;
  [[nodiscard]] const Shape& shape(NodeId node) const;
  [[nodiscard]] NumberType type(NodeId node) const { return types_.of(node); }
  // The same values as another type, which must hold them all: a node of its own where it is another one.
  [[nodiscard]] NodeId as_type(NodeId node, NumberType type) const;

  // Constants of an argument. `what` names it in messages.
  [[nodiscard]] int64_t integer(const Argument& argument, const char* what) const;
  [[nodiscard]] bool boolean(const Argument& argument, const char* what) const;
  [[nodiscard]] std::string text(const Argument& argument, const char* what) const;
  // A list of integers or a single one, which may come from the model's shapes.
  [[nodiscard]] Integers integers(const Argument& argument, const char* what) const;
  // axis=-1, axis=[1, 2]: axes of a tensor of `rank` axes, batch counted, each in 0 ... rank - 1.
  [[nodiscard]] std::vector<int64_t> axes(const Argument& argument, int64_t rank) const;

  // A number, a list of numbers (of lists ...), or a tensor as Keras 3 writes one. A leading axis of length 1
  // that stands for the batch of a tensor with `rank` axes is taken away.
  [[nodiscard]] Constant constant(const Json& value, int rank, const char* what) const;

  // A shape of `elements` elements with one -1 filled in.
  [[nodiscard]] Shape completed(std::vector<int64_t> dims, int64_t elements) const;

  // The layer's i-th weight; its shape must be the expected one.
  WeightId weight(size_t i, const char* name, const Shape& expected) const;
  // The values of such a weight.
  [[nodiscard]] const std::vector<float>& values(WeightId id) const;

  // x (kind) y, of tensors or of a tensor and a constant. Constants join the graph's weights.
  NodeId add_binary(tf_injector::ops::BinaryKind kind, NodeId x, NodeId y) const;
  NodeId add_binary(tf_injector::ops::BinaryKind kind, NodeId x, Constant y,
                    bool constant_first = false) const;

  // Ops on tensors that are not float32 are refused unless they only move values.
  NodeId add(Op op, std::vector<NodeId> inputs) const;
  // Whether the layer is called in training mode: as the call says, or else as the model around it is. In
  // files of Keras 3 the call decides nothing: there a model that is called with training=False hands that
  // on, whatever the file says (it says True for every random layer).
  bool training(bool around);
  // Throws ModelError when an option or argument was not read.
  void finish() const;

 private:
  const Value& resolve(const TensorRef& ref) const;
  const Argument* find_argument(size_t position, std::initializer_list<const char*> names);
  [[nodiscard]] NodeId as_taken(NodeId node) const;
  [[nodiscard]] NumberType result_type(const Op& op, const std::vector<NodeId>& inputs) const;
  void collect(const Argument& argument, std::vector<NodeId>& nodes) const;

  Graph& graph_;
  NodeTypes& types_;
  const LayerSpec& layer_;
  const Call& call_;
  const CallResults& results_;
  const std::vector<WeightId>& weights_;
  Generation generation_;
  std::set<size_t> read_positions_;
  std::set<std::string, std::less<>> read_names_;
  std::vector<std::unique_ptr<Argument>> from_config_;
};

}  // namespace tf_injector::keras
