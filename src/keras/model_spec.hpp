// A model's configuration in one form for Keras 2 and 3, Functional and Sequential: its layers, their calls,
// and the connections.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "keras/json_text.hpp"

namespace tf_injector::detail::keras {

enum class Generation { keras2, keras3 };

// Output `output` of call `call` of layer `layer`; indices within one model.
struct TensorRef {
  size_t layer = 0;
  size_t call = 0;
  size_t output = 0;
};

// An argument of a call: a constant, a tensor of the model, or a list that contains tensors at some depth.
struct Argument {
  std::variant<Json, TensorRef, std::vector<Argument>> value;
  std::vector<std::string> keys = {};  // of a dict, sorted; its values are the list

  [[nodiscard]] const Json* constant() const { return std::get_if<Json>(&value); }
  [[nodiscard]] bool is_none() const { return constant() != nullptr && constant()->is_null(); }
};

struct Call {
  std::vector<Argument> args;
  std::map<std::string, Argument> kwargs;
};

struct ModelSpec;

struct LayerSpec {
  std::string name;
  std::string path;  // with the nested models that it is in: "model_3/conv2d_7"
  std::string class_name;
  std::string module;  // "keras.layers"; empty in files that do not say
  const Json* config = nullptr;
  std::vector<Call> calls;
  std::unique_ptr<ModelSpec> model;  // of a nested model, else null
  bool is_unnamed = false;           // a Sequential model whose name is generated, not from the file
  bool is_implied = false;           // the InputLayer of a Sequential model that was saved without one
  // Of an InputLayer: [null, 32, 32, 3] and "uint8", "float32" ...; null if the file does not say.
  const Json* input_shape = nullptr;
  const Json* input_dtype = nullptr;

  [[nodiscard]] bool is_input() const { return class_name == "InputLayer"; }
  // The start of messages: "layer 'model_3/conv2d_7' (Conv2D)".
  [[nodiscard]] std::string where() const { return "layer '" + path + "' (" + class_name + ")"; }
};

struct CallId {
  size_t layer = 0;
  size_t call = 0;
};

struct ModelSpec {
  std::string class_name;  // "Functional" or "Sequential"
  std::string name;        // "" if it is the outermost model and the file does not say
  Generation generation = Generation::keras2;
  // In the order of the configuration. A Sequential model without an InputLayer gets one as its first layer.
  std::vector<LayerSpec> layers;
  std::vector<TensorRef> inputs;
  std::vector<std::string> input_keys;  // keys of a dict of inputs: the model's own, or names of input layers
  std::vector<TensorRef> outputs;
  std::vector<CallId> order;  // all calls; a call comes after those whose results it takes
};

// Reads {"class_name": "Functional" | "Model" | "Sequential", "config": {...}}; the result holds pointers
// into `config`. Throws ModelError: another class, a dangling reference, a cycle.
[[nodiscard]] ModelSpec read_model_spec(const Json& config, const std::string& keras_version);

}  // namespace tf_injector::detail::keras
