#include "keras/op_layer.hpp"

#include <algorithm>
#include <charconv>

#include "io/base64.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// The attributes of a node, as protobuf writes JSON: 64-bit integers are strings, bytes are base64.
class Attributes {
 public:
  explicit Attributes(const LayerSpec& layer) : layer_(layer) {
    const Json* node = member(*layer.config, "node_def");
    attributes_ = node == nullptr ? nullptr : member(*node, "attr");
  }

  [[nodiscard]] const Json* find(const char* name, const char* kind) const {
    const Json* attribute = attributes_ == nullptr ? nullptr : member(*attributes_, name);
    return attribute == nullptr ? nullptr : member(*attribute, kind);
  }

  [[nodiscard]] Json integer(const char* name, int64_t otherwise) const {
    const Json* value = find(name, "i");
    return value == nullptr ? Json(otherwise) : as_integer(*value, name);
  }

  [[nodiscard]] Json integers(const char* name) const {
    const Json* list = find(name, "list");
    const Json* values = list == nullptr ? nullptr : member(*list, "i");
    Json all = Json::array();
    if (values == nullptr || !values->is_array()) return all;
    for (const Json& value : *values) all.push_back(as_integer(value, name));
    return all;
  }

  [[nodiscard]] Json boolean(const char* name) const {
    const Json* value = find(name, "b");
    return value != nullptr && *value == true;
  }

  [[nodiscard]] Json text(const char* name) const {
    const Json* value = find(name, "s");
    if (value == nullptr) return nullptr;
    const auto bytes = value->is_string() ? base64_bytes(value->get<std::string>()) : std::nullopt;
    return bytes ? Json(std::string(bytes->begin(), bytes->end())) : *value;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw ModelError(layer_.where() + ": " + problem);
  }

 private:
  [[nodiscard]] Json as_integer(const Json& value, const char* name) const {
    if (value.is_number_integer()) return value;
    int64_t number = 0;
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size() || text.empty())
      fail("attribute '" + std::string(name) + "': expected an integer, found " + brief(value));
    return number;
  }

  const LayerSpec& layer_;
  const Json* attributes_ = nullptr;
};

// Each maps the inputs of an operation to the arguments of the function.
using Arrange = void (*)(const Attributes& attributes, Call& call);

void set(Call& call, const char* name, Json value) { call.kwargs[name] = Argument{std::move(value)}; }

void as_they_are(const Attributes&, Call&) {}

void reduction(const Attributes& attributes, Call& call) {
  set(call, "keepdims", attributes.boolean("keep_dims"));
}

void cast(const Attributes& attributes, Call& call) {
  const Json* type = attributes.find("DstT", "type");
  if (type == nullptr) attributes.fail("a Cast that does not say to which type");
  set(call, "dtype",
      *type == "DT_FLOAT"   ? Json("float32")
      : *type == "DT_INT32" ? Json("int32")
      : *type == "DT_INT64" ? Json("int64")
                            : *type);
}

void leaky_relu(const Attributes& attributes, Call& call) {
  if (const Json* alpha = attributes.find("alpha", "f")) set(call, "alpha", *alpha);
}

void padding_with_value(const Attributes& attributes, Call& call) {
  if (call.args.size() != 3) attributes.fail("a PadV2 of " + std::to_string(call.args.size()) + " inputs");
  call.kwargs["constant_values"] = std::move(call.args[2]);
  call.args.pop_back();
}

void pooling(const Attributes& attributes, Call& call) {
  set(call, "ksize", attributes.integers("ksize"));
  set(call, "strides", attributes.integers("strides"));
  set(call, "padding", attributes.text("padding"));
  set(call, "data_format", attributes.text("data_format"));
}

void squeeze(const Attributes& attributes, Call& call) {
  Json axes = attributes.integers("squeeze_dims");
  if (!axes.empty()) set(call, "axis", std::move(axes));
}

Argument list_of(std::vector<Argument> items) {
  const bool constant = std::all_of(items.begin(), items.end(),
                                    [](const Argument& item) { return item.constant() != nullptr; });
  if (!constant) return {std::move(items)};
  Json list = Json::array();
  for (const Argument& item : items) list.push_back(*item.constant());
  return {std::move(list)};
}

// values..., axis
void concatenation(const Attributes& attributes, Call& call) {
  if (call.args.size() < 2) attributes.fail("a ConcatV2 of less than a value and an axis");
  Argument axis = std::move(call.args.back());
  call.args.pop_back();
  Argument values = list_of(std::move(call.args));
  call.args.clear();
  call.args.push_back(std::move(values));
  call.kwargs["axis"] = std::move(axis);
}

void stacking(const Attributes& attributes, Call& call) {
  Argument values = list_of(std::move(call.args));
  call.args.clear();
  call.args.push_back(std::move(values));
  set(call, "axis", attributes.integer("axis", 0));
}

void unstacking(const Attributes& attributes, Call& call) {
  set(call, "num", attributes.integer("num", 0));
  set(call, "axis", attributes.integer("axis", 0));
}

bool is_integers(const Json& list) {
  return list.is_array() &&
         std::all_of(list.begin(), list.end(), [](const Json& item) { return item.is_number_integer(); });
}

// x, begin, end, strides: constants of equal length; masks say which entries have another meaning.
void strided_slice(const Attributes& attributes, Call& call) {
  constexpr size_t kInputs = 4;
  if (call.args.size() > kInputs) attributes.fail("a StridedSlice of more than four inputs");
  const auto constant = [&](size_t i) -> const Json& {
    const Json* list = i < call.args.size() ? call.args[i].constant() : nullptr;
    if (list == nullptr || !is_integers(*list))
      attributes.fail("a StridedSlice whose bounds are not constant integers");
    return *list;
  };
  const Json &begin = constant(1), &end = constant(2), &strides = constant(3);
  if (end.size() != begin.size() || strides.size() != begin.size() || begin.size() > 32)
    attributes.fail("a StridedSlice whose bounds differ in length");
  const auto bit = [&](const char* mask, size_t i) {
    return (attributes.integer(mask, 0).get<int64_t>() >> i & 1) != 0;
  };
  Json spec = Json::array();
  for (size_t i = 0; i < begin.size(); ++i) {
    if (bit("ellipsis_mask", i)) {
      spec.push_back(Json{{"class_name", "__ellipsis__"}});
    } else if (bit("new_axis_mask", i)) {
      spec.push_back(nullptr);
    } else if (bit("shrink_axis_mask", i)) {
      spec.push_back(begin[i]);
    } else {
      spec.push_back(Json{{"start", bit("begin_mask", i) ? Json() : begin[i]},
                          {"stop", bit("end_mask", i) ? Json() : end[i]},
                          {"step", strides[i]}});
    }
  }
  call.args.resize(1);
  set(call, "slice_spec", std::move(spec));
}

// 1 / c for every number, in float32.
Json reciprocals(const Json& value) {
  if (value.is_number()) return 1.0f / static_cast<float>(value.get<double>());
  if (!value.is_array()) return value;
  Json list = Json::array();
  for (const Json& item : value) list.push_back(reciprocals(item));
  return list;
}

// TensorFlow runs the layer as a separate graph, in which it replaces a division by a constant: x * (1 / c).
void division(const Attributes&, Call& call) {
  if (call.args.size() == 2 && call.args[1].constant() != nullptr)
    call.args[1] = Argument{reciprocals(*call.args[1].constant())};
}

bool divides_by_constant(const LayerSpec& layer) {
  const Json* constants = member(*layer.config, "constants");
  return op_of_op_layer(layer) == "RealDiv" && constants != nullptr && member(*constants, "1") != nullptr;
}

struct OpLayerType {
  const char* op;
  const char* function;
  Arrange arrange;
};

// Sorted by name. docs/layers.md names them.
const OpLayerType kTypes[] = {
    {"Add", "math.add", as_they_are},
    {"AddV2", "math.add", as_they_are},
    {"AvgPool", "nn.avg_pool2d", pooling},
    {"BiasAdd", "nn.bias_add", as_they_are},
    {"Cast", "cast", cast},
    {"ConcatV2", "concat", concatenation},
    {"Elu", "nn.elu", as_they_are},
    {"Exp", "math.exp", as_they_are},
    {"ExpandDims", "expand_dims", as_they_are},
    {"FloorDiv", "math.floordiv", as_they_are},
    {"Identity", "identity", as_they_are},
    {"LeakyRelu", "nn.leaky_relu", leaky_relu},
    {"Max", "math.reduce_max", reduction},
    {"MaxPool", "nn.max_pool2d", pooling},
    {"Maximum", "math.maximum", as_they_are},
    {"Mean", "math.reduce_mean", reduction},
    {"Minimum", "math.minimum", as_they_are},
    {"Mul", "math.multiply", as_they_are},
    {"Neg", "math.negative", as_they_are},
    {"Pack", "stack", stacking},
    {"Pad", "pad", as_they_are},
    {"PadV2", "pad", padding_with_value},
    {"RealDiv", "math.truediv", division},
    {"Relu", "nn.relu", as_they_are},
    {"Relu6", "nn.relu6", as_they_are},
    {"Reshape", "reshape", as_they_are},
    {"Selu", "nn.selu", as_they_are},
    {"Shape", "shape", as_they_are},
    {"Sigmoid", "math.sigmoid", as_they_are},
    {"Softmax", "nn.softmax", as_they_are},
    {"Softplus", "math.softplus", as_they_are},
    {"Softsign", "nn.softsign", as_they_are},
    {"Square", "math.square", as_they_are},
    {"Squeeze", "squeeze", squeeze},
    {"StopGradient", "stop_gradient", as_they_are},
    {"StridedSlice", "__operators__.getitem", strided_slice},
    {"Sub", "math.subtract", as_they_are},
    {"Tanh", "math.tanh", as_they_are},
    {"Transpose", "transpose", as_they_are},
    {"Unpack", "unstack", unstacking},
};

const OpLayerType* find_type(const LayerSpec& layer) {
  const std::string op = op_of_op_layer(layer);
  for (const OpLayerType& type : kTypes) {
    if (op == type.op) return &type;
  }
  return nullptr;
}

void flatten(const Argument& argument, std::vector<Argument>& items) {
  if (const auto* list = std::get_if<std::vector<Argument>>(&argument.value)) {
    for (const Argument& item : *list) flatten(item, items);
  } else {
    items.push_back(argument);
  }
}

// Constants are in a dict, by the index of the input.
void insert_constants(const LayerSpec& layer, std::vector<Argument>& inputs) {
  const Json* constants = member(*layer.config, "constants");
  if (constants == nullptr) return;
  if (!constants->is_object())
    throw ModelError(layer.where() + ": expected constants by the numbers of inputs, found " +
                     brief(*constants));
  std::map<size_t, const Json*> by_place;
  for (size_t i = 0; i < constants->size(); ++i) {
    const std::string& key = constants->keys()[i];
    size_t place = 0;
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), place);
    if (error != std::errc() || end != key.data() + key.size())
      throw ModelError(layer.where() + ": constant '" + key + "' is not the number of an input");
    by_place[place] = &(*constants)[i];
  }
  for (const auto& [place, value] : by_place) {
    if (place > inputs.size())
      throw ModelError(layer.where() + ": input " + std::to_string(place) + " is a constant, but it has " +
                       std::to_string(inputs.size()) + " before it");
    inputs.insert(inputs.begin() + static_cast<std::ptrdiff_t>(place), Argument{*value});
  }
}

}  // namespace

bool is_op_layer(const LayerSpec& layer) { return layer.class_name == "TensorFlowOpLayer"; }

std::string op_of_op_layer(const LayerSpec& layer) {
  const Json* node = member(*layer.config, "node_def");
  const Json* op = node == nullptr ? nullptr : member(*node, "op");
  return op != nullptr && op->is_string() ? op->get<std::string>() : std::string();
}

std::string function_of_op_layer(const LayerSpec& layer) {
  if (divides_by_constant(layer)) return "math.multiply";
  const OpLayerType* type = find_type(layer);
  return type == nullptr ? "" : type->function;
}

Call call_of_op_layer(const LayerSpec& layer, const Call& call) {
  const OpLayerType* type = find_type(layer);
  if (type == nullptr) throw ModelError(layer.where() + ": its operation is not supported (docs/layers.md)");
  Call arranged;
  for (const Argument& argument : call.args) flatten(argument, arranged.args);
  insert_constants(layer, arranged.args);
  type->arrange(Attributes(layer), arranged);
  return arranged;
}

}  // namespace tf_injector::detail::keras
