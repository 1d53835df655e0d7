#include "keras/refused_layer.hpp"

#include <optional>
#include <string_view>
#include <vector>

#include "core/printable.hpp"
#include "io/base64.hpp"
#include "keras/lambda_code.hpp"

namespace tf_injector::detail::keras {
namespace {

struct Remedy {
  std::string_view class_name;
  const char* text;
};
// Wrappers and helpers of the TensorFlow Model Optimization toolkit, and layers that contain a whole model of
// another kind.
constexpr const char* kQuantized =
    "it imitates 8-bit arithmetic (quantization-aware training); save the float32 model that it was made "
    "from";
constexpr const char* kClustered =
    "it wraps a layer for clustering; unwrap with tfmot.clustering.keras.strip_clustering(model) and save "
    "the model again";
constexpr Remedy kRemedies[] = {
    {"PruneLowMagnitude",
     "it wraps a layer for pruning; unwrap with tfmot.sparsity.keras.strip_pruning(model) and save the model "
     "again"},
    {"ClusterWeights", kClustered},
    {"ClusterWeightsMHA", kClustered},
    {"QuantizeAnnotate",
     "it marks a layer that shall be quantized; save the model as it was before it was annotated"},
    {"QuantizeLayer", kQuantized},
    {"QuantizeWrapper", kQuantized},
    {"QuantizeWrapperV2", kQuantized},
    {"KerasLayer",
     "it calls a model of TensorFlow Hub that is not in the file; build the network with Keras layers"},
    {"TFSMLayer",
     "it calls a SavedModel that is not in the file; save the Keras model that this was made from"},
};

// Keras before 2.1 writes every byte of the code as the character of that number. Nothing if one is above
// 255.
std::vector<uint8_t> bytes_of_characters(std::string_view utf8) {
  std::vector<uint8_t> bytes;
  for (size_t at = 0; at < utf8.size(); ++at) {
    const auto first = static_cast<uint8_t>(utf8[at]);
    if (first < 0x80) {
      bytes.push_back(first);
      continue;
    }
    if ((first != 0xC2 && first != 0xC3) || ++at == utf8.size()) return {};
    bytes.push_back(static_cast<uint8_t>((first & 3) << 6 | (static_cast<uint8_t>(utf8[at]) & 0x3F)));
  }
  return bytes;
}

// The marshalled code of a Lambda. Keras 3: {"class_name": "__lambda__", "config": {"code": base64}}; Keras
// 2: [base64, defaults, closure].
std::optional<AffineCode> code_of(const Json& function) {
  const Json* text = function.find({"config", "code"});
  if (function.is_array() && !function.empty()) text = &function[0];
  if (text == nullptr || !text->is_string()) return std::nullopt;
  const std::string& written = text->text();
  const auto bytes = base64_bytes(written);
  return affine_code(bytes ? *bytes : bytes_of_characters(written));
}

// The name of a function whose code is not in the file: "preprocess", or {"class_name": "function", "config":
// "preprocess"}.
std::string name_of(const Json& function) {
  const Json* config = function.find("config");
  const Json* name = config != nullptr ? config : &function;
  return name->is_string() ? name->get<std::string>() : "";
}

std::string lambda_remedy(const Json& config) {
  const Json* function = config.find("function");
  const Json called = function == nullptr ? Json() : *function;
  if (const auto code = code_of(called)) {
    const std::string offset = code->offset == 0 ? "" : ", offset=" + number_text(code->offset);
    return "its Python code is not run; it computes " + code->text + ": put Rescaling(" +
           number_text(code->scale) + offset + ") in its place and save the model again";
  }
  const std::string name = name_of(called);
  return "its Python code" + (name.empty() ? "" : ", the function '" + printable(name) + "',") +
         " is not run; put Keras layers in its place (Rescaling, where it divides or subtracts a number) and "
         "save the "
         "model again";
}

}  // namespace

std::string remedy_for(const LayerSpec& layer) {
  if (layer.class_name == "Lambda" && layer.config->is_object()) return lambda_remedy(*layer.config);
  for (const Remedy& remedy : kRemedies) {
    if (layer.class_name == remedy.class_name) return remedy.text;
  }
  return "";
}

std::string remedy_for_policy(const std::string& policy) {
  if (policy.find("_from_") == std::string::npos) return "";
  return "the model was quantized with model.quantize(); save it as it was before";
}

}  // namespace tf_injector::detail::keras
