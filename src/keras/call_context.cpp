#include "keras/call_context.hpp"

#include <algorithm>
#include <cstdio>

#include "keras/layer_table.hpp"
#include "keras/op_table.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {

bool is_too_large(const Shape& shape) {
  constexpr int64_t kMaxElements = int64_t{1} << 40;
  int64_t elements = 1;
  for (int64_t dim : shape.dims()) {
    if (__builtin_mul_overflow(elements, dim, &elements) || elements > kMaxElements) return true;
  }
  return false;
}

bool has_too_many_axes(const Shape& shape) {
  constexpr int kMaxAxes = 30;
  return shape.rank() > kMaxAxes;
}

NumberType NodeTypes::of(NodeId node) const {
  const auto found = others_.find(node);
  return found == others_.end() ? NumberType::float32 : found->second;
}

void NodeTypes::set(NodeId node, NumberType type) {
  if (type != NumberType::float32) others_[node] = type;
}

namespace {

// The configuration of a Sequential model may be just the list of its layers.
const Json& options_of(const LayerSpec& layer) {
  static const Json kNone = Json::object();
  return layer.model != nullptr && layer.config->is_array() ? kNone : *layer.config;
}

}  // namespace

CallContext::CallContext(Graph& graph, NodeTypes& types, const LayerSpec& layer, const Call& call,
                         const CallResults& results, const std::vector<WeightId>& weights,
                         Generation generation)
    : config(options_of(layer), layer.where()),
      graph_(graph),
      types_(types),
      layer_(layer),
      call_(call),
      results_(results),
      weights_(weights),
      generation_(generation) {}

void CallContext::fail(const std::string& problem) const {
  throw ModelError(layer_.where() + ": " + problem);
}

bool CallContext::is_from(int major, int minor) const {
  int found_major = 0, found_minor = 0;
  if (std::sscanf(graph_.keras_version.c_str(), "%d.%d", &found_major, &found_minor) != 2) return true;
  return std::pair(found_major, found_minor) >= std::pair(major, minor);
}

const Argument* CallContext::find_argument(size_t position, std::initializer_list<const char*> names) {
  read_positions_.insert(position);
  if (position < call_.args.size()) return &call_.args[position];
  for (const char* name : names) {
    read_names_.insert(name);
    const auto found = call_.kwargs.find(name);
    if (found != call_.kwargs.end()) return &found->second;
  }
  for (const char* name : names) {
    if (const Json* option = config.find(name)) {
      from_config_.push_back(std::make_unique<Argument>(Argument{*option}));
      return from_config_.back().get();
    }
  }
  return nullptr;
}

const Argument* CallContext::argument(size_t position, std::initializer_list<const char*> names) {
  const Argument* found = find_argument(position, names);
  return found == nullptr || found->is_none() ? nullptr : found;
}

void CallContext::ignore_argument(size_t position, std::initializer_list<const char*> names) {
  find_argument(position, names);
}

bool CallContext::is_given_as_none(size_t position, std::initializer_list<const char*> names) {
  const Argument* found = find_argument(position, names);
  return found != nullptr ? found->is_none() : config.is_none(*names.begin());
}

const Value& CallContext::resolve(const TensorRef& ref) const {
  const Values& outputs = results_[ref.layer][ref.call];
  if (ref.output >= outputs.size()) {
    fail("takes output " + std::to_string(ref.output) + " of a layer that has " +
         std::to_string(outputs.size()));
  }
  return outputs[ref.output];
}

const Value& CallContext::input_value() {
  const Argument* first = argument(0, {"inputs", "x", "input"});
  if (first == nullptr) fail("is called without an input");
  while (const auto* items = std::get_if<std::vector<Argument>>(&first->value)) {
    if (items->size() != 1) fail("expected one input, found " + std::to_string(items->size()));
    first = &items->front();
  }
  return value(*first);
}

NodeId CallContext::input() {
  const NodeId* node = std::get_if<NodeId>(&input_value());
  if (node == nullptr) fail("expected a tensor as input, found a shape");
  return as_taken(*node);
}

// Keras' layers, unlike its ops, convert other float types to float32, and some layers integers, too.
NodeId CallContext::as_taken(NodeId node) const {
  const NumberType found = type(node);
  if (found == NumberType::float32 || is_op(layer_, generation_)) return node;
  const bool casts = !is_integer(found) || makes_floats(layer_.class_name, generation_);
  return casts ? as_type(node, NumberType::float32) : node;
}

NodeId CallContext::as_type(NodeId node, NumberType wanted) const {
  if (type(node) == wanted) return node;
  const NodeId same = graph_.add(layer_.path, detail::ops::Reshape{shape(node)}, {node});
  types_.set(same, wanted);
  return same;
}

void CallContext::collect(const Argument& argument, std::vector<NodeId>& nodes) const {
  if (const auto* items = std::get_if<std::vector<Argument>>(&argument.value)) {
    for (const Argument& item : *items) collect(item, nodes);
  } else {
    nodes.push_back(tensor(argument));
  }
}

std::vector<NodeId> CallContext::inputs_named(const std::vector<std::string>& keys) {
  const Argument* first = argument(0, {"inputs", "x", "input", "values", "xs"});
  if (first == nullptr || first->keys.empty()) return inputs();
  const auto& items = std::get<std::vector<Argument>>(first->value);
  std::vector<NodeId> nodes;
  for (const std::string& key : keys) {
    const auto found = std::find(first->keys.begin(), first->keys.end(), key);
    if (found == first->keys.end()) fail("is called without the input '" + key + "'");
    nodes.push_back(tensor(items[static_cast<size_t>(found - first->keys.begin())]));
  }
  return nodes;
}

std::vector<NodeId> CallContext::inputs() {
  const Argument* first = argument(0, {"inputs", "x", "input", "values", "xs"});
  if (first == nullptr) fail("is called without an input");
  std::vector<NodeId> nodes;
  collect(*first, nodes);
  return nodes;
}

const Value& CallContext::value(const Argument& argument) const {
  if (const auto* ref = std::get_if<TensorRef>(&argument.value)) return resolve(*ref);
  fail(argument.constant() != nullptr
           ? "expected a tensor, found the constant " + brief(*argument.constant()) + " (docs/layers.md)"
           : "expected a tensor, found a list");
}

NodeId CallContext::tensor(const Argument& argument) const {
  const NodeId* node = std::get_if<NodeId>(&value(argument));
  if (node == nullptr) fail("expected a tensor, found a shape");
  return as_taken(*node);
}

const Shape& CallContext::shape(NodeId node) const { return graph_.nodes[static_cast<size_t>(node)].shape; }

int64_t CallContext::integer(const Argument& argument, const char* what) const {
  const Integers all = integers(argument, what);
  if (all.values.size() != 1 || all.values[0].is_batch) fail(std::string(what) + ": expected one integer");
  return all.values[0].value;
}

bool CallContext::boolean(const Argument& argument, const char* what) const {
  const std::optional<bool> flag =
      argument.constant() == nullptr ? std::nullopt : as_boolean(*argument.constant());
  if (!flag) fail(std::string(what) + " is not true or false");
  return *flag;
}

std::string CallContext::text(const Argument& argument, const char* what) const {
  const Json* constant = argument.constant();
  if (constant == nullptr || !constant->is_string()) fail(std::string(what) + ": expected a text");
  return constant->get<std::string>();
}

Integers CallContext::integers(const Argument& argument, const char* what) const {
  if (const auto* ref = std::get_if<TensorRef>(&argument.value)) {
    const auto* values = std::get_if<Integers>(&resolve(*ref));
    if (values == nullptr) fail(std::string(what) + ": expected integers, found a tensor");
    return *values;
  }
  Integers all;
  const auto check_length = [&](size_t length) {
    if (length > kMaxIntegers)
      fail(std::string(what) + ": more than " + std::to_string(kMaxIntegers) + " integers");
  };
  if (const auto* items = std::get_if<std::vector<Argument>>(&argument.value)) {
    check_length(items->size());
    for (const Argument& item : *items) {
      const Integers part = integers(item, what);
      if (!part.is_scalar) fail(std::string(what) + ": expected a list of integers, found a list of lists");
      all.values.push_back(part.values.at(0));
    }
    return all;
  }
  const Json& constant = *argument.constant();
  const auto take = [&](const Json& value) {
    constexpr int64_t kMost = int64_t{1} << 40;
    if (!value.is_integer_within(-kMost, kMost))
      fail(std::string(what) + ": expected integers, found " + brief(constant));
    all.values.push_back({value.get<int64_t>(), false});
  };
  if (constant.is_array()) {
    check_length(constant.size());
    for (const Json& value : constant) take(value);
  } else {
    take(constant);
    all.is_scalar = true;
  }
  return all;
}

namespace {

// False if it is not a rectangular list of numbers.
bool read_numbers(const Json& value, size_t axis, std::vector<int64_t>& dims, std::vector<float>& numbers) {
  if (value.is_number()) {
    if (axis != dims.size()) return false;
    numbers.push_back(static_cast<float>(value.get<double>()));
    return true;
  }
  if (!value.is_array()) return false;
  const auto size = static_cast<int64_t>(value.size());
  if (axis == dims.size() && numbers.empty()) dims.push_back(size);
  if (axis >= dims.size() || dims[axis] != size) return false;
  for (const Json& item : value) {
    if (!read_numbers(item, axis + 1, dims, numbers)) return false;
  }
  return true;
}

}  // namespace

Constant CallContext::constant(const Json& value, int rank, const char* what) const {
  const Json* wrapped = value.find({"config", "value"});
  const Json& list = wrapped != nullptr ? *wrapped : value;
  std::vector<int64_t> dims;
  Constant found;
  if (!read_numbers(list, 0, dims, found.values))
    fail(std::string(what) + ": expected numbers, found " + brief(value));
  if (static_cast<int>(dims.size()) == rank + 1 && dims[0] == 1) dims.erase(dims.begin());
  found.shape = Shape(std::move(dims));
  return found;
}

std::vector<int64_t> CallContext::axes(const Argument& argument, int64_t rank) const {
  std::vector<int64_t> found;
  for (const Dim& dim : integers(argument, "axis").values) {
    const int64_t axis = dim.value < 0 ? dim.value + rank : dim.value;
    if (dim.is_batch || axis < 0 || axis >= rank) {
      fail("axis " + std::to_string(dim.value) + " of a tensor with " + std::to_string(rank) + " axes");
    }
    if (std::find(found.begin(), found.end(), axis) != found.end()) {
      fail("axis " + std::to_string(axis) + " is named twice");
    }
    found.push_back(axis);
  }
  return found;
}

Shape CallContext::completed(std::vector<int64_t> dims, int64_t elements) const {
  int64_t known = 1;
  int64_t* open = nullptr;
  for (int64_t& dim : dims) {
    if (dim == -1 && open == nullptr) {
      open = &dim;
    } else if (dim < 0 || __builtin_mul_overflow(known, dim, &known)) {
      fail("cannot use " + Shape(dims).to_string() + " as a shape");
    }
  }
  if (open != nullptr) {
    if (known == 0 || elements % known != 0) {
      fail("cannot give " + std::to_string(elements) + " elements the shape " + Shape(dims).to_string());
    }
    *open = elements / known;
  }
  return Shape(std::move(dims));
}

WeightId CallContext::weight(size_t i, const char* name, const Shape& expected) const {
  if (i >= weights_.size()) {
    fail("has " + std::to_string(weights_.size()) + " weights; the " + name + " is missing");
  }
  const Weight& found = graph_.weights[static_cast<size_t>(weights_[i])];
  if (found.shape != expected) {
    fail("expects a " + std::string(name) + " of shape " + expected.to_string() + ", the file holds " +
         found.shape.to_string());
  }
  return weights_[i];
}

const std::vector<float>& CallContext::values(WeightId id) const {
  return graph_.weights[static_cast<size_t>(id)].values;
}

NodeId CallContext::add_binary(detail::ops::BinaryKind kind, NodeId x, NodeId y) const {
  return add(detail::ops::Binary{.kind = kind}, {x, y});
}

NodeId CallContext::add_binary(detail::ops::BinaryKind kind, NodeId x, Constant y,
                               bool constant_first) const {
  const auto id = static_cast<WeightId>(graph_.weights.size());
  detail::ops::Binary op{
      .kind = kind, .constant = id, .constant_shape = y.shape, .constant_first = constant_first};
  graph_.weights.push_back({layer_.path + "/constant", std::move(y.shape), std::move(y.values)});
  return add(std::move(op), {x});
}

namespace {

// Ops whose results are values of their inputs. (MaxPool2D is one for integers, which are never NaN: its
// padding is left out.)
bool moves_values(const Op& op) {
  const auto* pad = std::get_if<detail::ops::Pad>(&op);
  const auto* resize = std::get_if<detail::ops::Resize>(&op);
  return (resize != nullptr && resize->method == detail::ops::ResizeMethod::nearest) ||
         is_any_of<detail::ops::Reshape, detail::ops::Transpose, detail::ops::Slice, detail::ops::Repeat,
                   detail::ops::Concat, detail::ops::MaxPool2D, detail::ops::GlobalMaxPool>(op) ||
         (pad != nullptr && pad->value == 0.0f);
}

}  // namespace

NumberType CallContext::result_type(const Op& op, const std::vector<NodeId>& inputs) const {
  const auto other = std::find_if(inputs.begin(), inputs.end(),
                                  [this](NodeId node) { return type(node) != NumberType::float32; });
  if (other == inputs.end()) return NumberType::float32;
  const NumberType found = type(*other);
  const bool same =
      std::all_of(inputs.begin(), inputs.end(), [&](NodeId node) { return type(node) == found; });
  if (same && moves_values(op)) return found;
  fail("computes with values of type " + std::string(number_type_name(found)) +
       "; only float32 is supported: a Rescaling layer or a cast makes it (docs/layers.md)");
}

NodeId CallContext::add(Op op, std::vector<NodeId> node_inputs) const {
  const NumberType result = result_type(op, node_inputs);
  if (generation_ == Generation::keras3) {
    constexpr auto kRelease = detail::ops::TensorFlow::v2_21;
    if (auto* function = std::get_if<detail::ops::Function>(&op)) function->release = kRelease;
    if (auto* conv2d = std::get_if<detail::ops::Conv2D>(&op)) conv2d->release = kRelease;
  }
  if (graph_.nodes.size() >= kMaxNodes)
    fail("the network has more than " + std::to_string(kMaxNodes) + " operations");
  const NodeId node = graph_.add(layer_.path, std::move(op), std::move(node_inputs));
  types_.set(node, result);
  if (has_too_many_axes(shape(node))) fail("its output has " + std::to_string(shape(node).rank()) + " axes");
  if (is_too_large(shape(node))) fail("its output " + shape(node).to_string() + " is too large");
  return node;
}

bool CallContext::training(bool around) {
  const auto training = call_.kwargs.find("training");
  if (training == call_.kwargs.end()) return around;
  read_names_.insert("training");
  // In Keras 3 the mode in which the outermost model is called decides.
  if (training->second.is_none() || generation_ == Generation::keras3) return around;
  const Json* value = training->second.constant();
  const std::optional<bool> flag = value == nullptr ? std::nullopt : as_boolean(*value);
  if (!flag) fail("is called with training=" + (value != nullptr ? brief(*value) : "a tensor"));
  return *flag;
}

void CallContext::finish() const {
  for (size_t i = 0; i < call_.args.size(); ++i) {
    if (!read_positions_.contains(i) && !call_.args[i].is_none()) {
      fail("argument " + std::to_string(i) + " of the call is not supported (docs/layers.md)");
    }
  }
  for (const auto& [name, value] : call_.kwargs) {
    if (read_names_.contains(name) || value.is_none() || name == "name") continue;
    fail("argument '" + name + "' of the call is not supported (docs/layers.md)");
  }
  config.finish();
}

}  // namespace tf_injector::detail::keras
