// What the import function of a layer or op is given: options, arguments, weights, and the graph to which it
// adds nodes.
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

namespace tf_injector::detail::keras {

// Results of the calls of one model: [layer][call][output].
using CallResults = std::vector<std::vector<Values>>;

// A tensor whose values are in the configuration.
struct Constant {
  Shape shape;
  std::vector<float> values;
};

// True for a tensor of more than 2^40 elements per image. They are refused before a product of sizes
// overflows.
[[nodiscard]] bool is_too_large(const Shape& shape);
// True for more axes than any network has: 30 and the batch.
[[nodiscard]] bool has_too_many_axes(const Shape& shape);

// Limits on what is made of a few numbers in a file: the nodes of the graph, and the integers that are
// computed during import and handed from op to op.
inline constexpr size_t kMaxNodes = 200'000;
inline constexpr size_t kMaxIntegers = 1024;

// The number types of the graph's nodes: nearly all are float32. Values fed to an integer input keep that
// type until a layer or a cast converts them to float32.
class NodeTypes {
 public:
  [[nodiscard]] NumberType of(NodeId node) const;
  void set(NodeId node, NumberType type);

 private:
  std::map<NodeId, NumberType> others_;  // those that are not float32
};

// One call of one layer. All functions throw ModelError naming the layer.
class CallContext {
 public:
  CallContext(Graph& graph, NodeTypes& types, const LayerSpec& layer, const Call& call,
              const CallResults& results, const std::vector<WeightId>& weights, Generation generation);

  Config config;
  [[nodiscard]] Generation generation() const noexcept { return generation_; }
  [[nodiscard]] const std::string& class_name() const noexcept { return layer_.class_name; }
  // True if Keras `major.minor` or a later version wrote the file. A file without a version counts as newest.
  [[nodiscard]] bool is_from(int major, int minor) const;
  [[noreturn]] void fail(const std::string& problem) const;

  // An argument by its position in the call or one of its names, or an option of the configuration, where
  // Keras 3 writes many arguments of ops. It is marked as read. Null if it is absent or None.
  const Argument* argument(size_t position, std::initializer_list<const char*> names);
  // Marks an argument that has no effect as read.
  void ignore_argument(size_t position, std::initializer_list<const char*> names);
  // True if the argument, or the option of its first name, is given as None.
  [[nodiscard]] bool is_given_as_none(size_t position, std::initializer_list<const char*> names);

  // The first argument: as one value, as one tensor, as all tensors of a list.
  const Value& input_value();
  NodeId input();
  std::vector<NodeId> inputs();
  // The same as inputs(), but of a dict the tensors of these keys.
  std::vector<NodeId> inputs_named(const std::vector<std::string>& keys);
  NodeId tensor(const Argument& argument) const;
  const Value& value(const Argument& argument) const;
  [[nodiscard]] const Shape& shape(NodeId node) const;
  [[nodiscard]] NumberType type(NodeId node) const { return types_.of(node); }
  // A node with the same values as another type, which must be able to hold them; `node` itself if it has
  // that type.
  [[nodiscard]] NodeId as_type(NodeId node, NumberType type) const;

  // The constant value of an argument. `what` names it in messages.
  [[nodiscard]] int64_t integer(const Argument& argument, const char* what) const;
  [[nodiscard]] bool boolean(const Argument& argument, const char* what) const;
  [[nodiscard]] std::string text(const Argument& argument, const char* what) const;
  // A list of integers or a single one, which may come from the model's shapes.
  [[nodiscard]] Integers integers(const Argument& argument, const char* what) const;
  // axis=-1, axis=[1, 2]: axes of a tensor of `rank` axes, the batch included, each in 0 ... rank - 1.
  [[nodiscard]] std::vector<int64_t> axes(const Argument& argument, int64_t rank) const;

  // A number, a (nested) list of numbers, or a tensor as Keras 3 writes it. If it has a leading axis of
  // length 1 for the batch of a tensor with `rank` axes, that axis is removed.
  [[nodiscard]] Constant constant(const Json& value, int rank, const char* what) const;

  // The shape with `elements` elements, where one -1 is replaced by the length that fits.
  [[nodiscard]] Shape completed(std::vector<int64_t> dims, int64_t elements) const;

  // The layer's i-th weight; its shape must be the expected one.
  WeightId weight(size_t i, const char* name, const Shape& expected) const;
  // The values of such a weight.
  [[nodiscard]] const std::vector<float>& values(WeightId id) const;

  // x (kind) y, for two tensors or for a tensor and a constant, which is added to the graph's weights.
  NodeId add_binary(detail::ops::BinaryKind kind, NodeId x, NodeId y) const;
  NodeId add_binary(detail::ops::BinaryKind kind, NodeId x, Constant y, bool constant_first = false) const;

  // Adds a node. Ops on tensors that are not float32 are refused unless they only move values.
  NodeId add(Op op, std::vector<NodeId> inputs) const;
  // True if the layer is called in training mode: if the call says so, else as the model around it
  // (`around`). In files of Keras 3 the call is ignored: a model called with training=False passes that to
  // its layers, although the file says True for every random layer.
  bool training(bool around);
  // Throws ModelError if an option or argument was not read.
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

}  // namespace tf_injector::detail::keras
