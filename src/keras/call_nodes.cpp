#include "keras/call_nodes.hpp"

#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// Keras 2 writes a constant first argument as ["_CONSTANT_VALUE", -1, 1.0, {kwargs}].
constexpr const char* kConstantTensor = "_CONSTANT_VALUE";

bool holds_tensor(const std::vector<Argument>& items) {
  for (const Argument& item : items) {
    if (item.constant() == nullptr) return true;
  }
  return false;
}

// A list is a constant unless it contains a tensor at some depth.
template <typename ReadItem>
Argument read_list(const Json& list, const ReadItem& read_item) {
  std::vector<Argument> items;
  for (const Json& item : list) items.push_back(read_item(item));
  if (holds_tensor(items)) return {std::move(items)};
  return {list};
}

// The same for a dict.
template <typename ReadItem>
Argument read_dict(const Json& dict, const ReadItem& read_item) {
  std::vector<Argument> items;
  for (const Json& item : dict) items.push_back(read_item(item));
  if (holds_tensor(items)) return {std::move(items), dict.keys()};
  return {dict};
}

Argument read_keras2_argument(const Json& value, const ResolveTensor& resolve) {
  if (is_keras2_tensor(value)) {
    if (value[0] == kConstantTensor) return {value[2]};
    return {read_keras2_tensor(value, resolve)};
  }
  const auto read = [&](const Json& item) { return read_keras2_argument(item, resolve); };
  if (value.is_object()) return read_dict(value, read);
  if (!value.is_array()) return {value};
  return read_list(value, read);
}

// Every tensor of the first argument carries the same keyword arguments.
void take_keras2_kwargs(const Json& first, const ResolveTensor& resolve, Call& call) {
  if (!is_keras2_tensor(first)) {
    for (const Json& item : first) take_keras2_kwargs(item, resolve, call);
    return;
  }
  if (first.size() < 4 || !first[3].is_object() || !call.kwargs.empty()) return;
  const Json& kwargs = first[3];
  for (size_t i = 0; i < kwargs.size(); ++i) {
    call.kwargs.emplace(kwargs.keys()[i], read_keras2_argument(kwargs[i], resolve));
  }
}

bool is_keras3_tensor(const Json& value) {
  const Json* class_name = value.find("class_name");
  return class_name != nullptr && *class_name == "__keras_tensor__";
}

Argument read_keras3_argument(const Json& value, const ResolveTensor& resolve) {
  if (is_keras3_tensor(value)) {
    const Json* history = value.find({"config", "keras_history"});
    if (history == nullptr || !is_keras2_tensor(*history)) {
      throw ModelError("a __keras_tensor__ without keras_history");
    }
    return {read_keras2_tensor(*history, resolve)};
  }
  const auto read = [&](const Json& item) { return read_keras3_argument(item, resolve); };
  if (value.is_object() && !value.contains("class_name")) return read_dict(value, read);
  if (!value.is_array()) return {value};
  return read_list(value, read);
}

Call read_keras3_call(const Json& node, const ResolveTensor& resolve) {
  Call call;
  if (!node["args"].is_array())
    throw ModelError("expected a list of args in inbound_nodes, found " + brief(node));
  for (const Json& value : node["args"]) call.args.push_back(read_keras3_argument(value, resolve));
  const Json* kwargs = node.find("kwargs");
  if (kwargs == nullptr || !kwargs->is_object()) return call;
  for (size_t i = 0; i < kwargs->size(); ++i) {
    call.kwargs.emplace(kwargs->keys()[i], read_keras3_argument((*kwargs)[i], resolve));
  }
  return call;
}

}  // namespace

bool is_keras2_tensor(const Json& value) {
  return value.is_array() && (value.size() == 3 || value.size() == 4) && value[0].is_string() &&
         value[1].is_number_integer();
}

TensorRef read_keras2_tensor(const Json& value, const ResolveTensor& resolve) {
  constexpr int64_t kMost = int64_t{1} << 31;
  if (!value[1].is_integer_within(0, kMost) || !value[2].is_integer_within(0, kMost))
    throw ModelError("expected [layer, node, tensor], found " + brief(value));
  return resolve(value[0].get<std::string>(), value[1].get<int64_t>(), value[2].get<int64_t>());
}

Call read_call(const Json& node, const ResolveTensor& resolve) {
  if (node.is_object() && node.contains("args")) return read_keras3_call(node, resolve);
  if (!node.is_array() && !node.is_object())
    throw ModelError("expected an entry of inbound_nodes, found " + brief(node));
  Call call;
  call.args.push_back(read_keras2_argument(node, resolve));
  take_keras2_kwargs(node, resolve, call);
  return call;
}

}  // namespace tf_injector::detail::keras
