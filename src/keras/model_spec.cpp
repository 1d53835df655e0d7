#include "keras/model_spec.hpp"

#include <algorithm>
#include <queue>
#include <unordered_map>

#include "core/printable.hpp"
#include "keras/call_nodes.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

bool is_model_class(const std::string& name) {
  return name == "Functional" || name == "Model" || name == "Sequential";
}

// Limits that no real network comes near: ResNet1202 has 7,000 layers.
constexpr size_t kMostLayers = 25'000;
constexpr size_t kLongestName = 1000;  // of a layer with the models that it is in; of a class; of a module

// A name or class: "" if it is absent or None. Throws ModelError for another type than text, and for text
// that is too long or holds control characters, which no message, list or report could show.
std::string text_member(const Json& object, const char* key) {
  const Json* found = member(object, key);
  if (found == nullptr) return "";
  if (!found->is_string())
    throw ModelError("'" + std::string(key) + "' of a layer or model: expected a text, found " +
                     brief(*found));
  const std::string& text = found->text();
  if (text.size() > kLongestName || has_control_characters(text)) {
    throw ModelError("'" + std::string(key) + "' of a layer or model: expected at most " +
                     std::to_string(kLongestName) + " bytes without control characters, found " +
                     brief(*found));
  }
  return text;
}

const Json* list_member(const Json& object, const char* key) {
  const Json* found = member(object, key);
  return found != nullptr && found->is_array() && !found->empty() ? found : nullptr;
}

// The input shape in a layer's configuration.
const Json* declared_shape(const Json& config) {
  const Json* shape = list_member(config, "batch_input_shape");  // Keras 2
  return shape != nullptr ? shape : list_member(config, "batch_shape");
}

// What all models of a file share. Generates names for Sequential models without one (until Keras 2.2.2 their
// configuration is just the list of layers): the names that Keras generates when it loads the file.
class WholeFile {
 public:
  // Throws ModelError for more layers than kMostLayers.
  void count_layer() {
    if (++layers_ > kMostLayers)
      throw ModelError("the file has more than " + std::to_string(kMostLayers) + " layers");
  }

  std::string next_name() {
    const std::string name = "sequential" + (count_ == 0 ? "" : "_" + std::to_string(count_));
    ++count_;
    return name;
  }

 private:
  int count_ = 0;
  size_t layers_ = 0;
};

// Reads one model; each nested model has its own reader.
class SpecReader {
 public:
  SpecReader(const Json& config, std::string path, Generation generation, WholeFile& file)
      : json_(config), path_(std::move(path)), generation_(generation), file_(file) {}

  ModelSpec read() {
    spec_.class_name = text_member(json_, "class_name");
    if (!is_model_class(spec_.class_name)) {
      throw ModelError(where() + ": class '" + spec_.class_name +
                       "' is not supported: only Sequential and Functional models are read (docs/layers.md)");
    }
    spec_.generation = generation_;
    const Json* config = json_.find("config");
    if (config == nullptr) throw ModelError(where() + ": has no 'config'");
    const Json* layers = config;
    if (config->is_object()) {
      spec_.name = text_member(*config, "name");
      if (!config->contains("layers")) throw ModelError(where() + ": has no list of layers");
      layers = &(*config)["layers"];
    }
    if (!layers->is_array()) throw ModelError(where() + ": its layers are not a list");
    for (const Json& layer : *layers) read_layer(layer);
    if (spec_.class_name == "Sequential") {
      connect_sequential();
    } else {
      connect_functional(*layers, *config);
    }
    sort_calls();
    return std::move(spec_);
  }

 private:
  enum class Place {
    calls,
    ends
  };  // where a tensor is named: in inbound_nodes, or in input_ and output_layers

  [[nodiscard]] std::string where() const { return path_.empty() ? "the model" : "model '" + path_ + "'"; }

  void read_layer(const Json& json) {
    file_.count_layer();
    LayerSpec layer;
    layer.class_name = text_member(json, "class_name");
    layer.module = text_member(json, "module");
    const Json* config = json.find("config");
    if (layer.class_name.empty() || config == nullptr || !(config->is_object() || config->is_array())) {
      throw ModelError(where() + ": expected a layer with class_name and config, found " + brief(json));
    }
    layer.config = config;
    layer.name = text_member(json, "name");
    if (layer.name.empty()) layer.name = text_member(*config, "name");
    const bool is_model = is_model_class(layer.class_name);
    while (layer.name.empty() && is_model) {
      std::string name = file_.next_name();
      if (!by_name_.contains(name)) layer.name = std::move(name);
      layer.is_unnamed = true;
    }
    layer.path = path_.empty() ? layer.name : path_ + "/" + layer.name;
    if (layer.path.size() > kLongestName) {
      throw ModelError(where() + ": layer '" + layer.name + "': its path has more than " +
                       std::to_string(kLongestName) + " bytes");
    }
    if (is_model) {
      layer.model = std::make_unique<ModelSpec>(SpecReader(json, layer.path, generation_, file_).read());
    }
    if (layer.is_input()) {
      layer.input_shape = declared_shape(*layer.config);
      layer.input_dtype = member(*layer.config, "dtype");
    }
    if (!by_name_.emplace(layer.name, spec_.layers.size()).second) {
      throw ModelError(where() + ": has two layers named '" + layer.name + "'");
    }
    spec_.layers.push_back(std::move(layer));
  }

  // A Sequential model is a chain. Without an InputLayer it gets one, as in Keras' build().
  void connect_sequential() {
    if (spec_.layers.empty() || !spec_.layers[0].is_input()) insert_input();
    for (size_t i = 0; i < spec_.layers.size(); ++i) {
      Call call;
      if (i > 0) call.args.push_back({TensorRef{i - 1, 0, 0}});
      spec_.layers[i].calls.push_back(std::move(call));
    }
    spec_.inputs = {TensorRef{}};
    spec_.input_keys = {spec_.layers[0].name};
    spec_.outputs = {TensorRef{spec_.layers.size() - 1, 0, 0}};
  }

  void insert_input() {
    LayerSpec input;
    input.class_name = "InputLayer";
    const std::string first = spec_.layers.empty() ? spec_.name : spec_.layers[0].name;
    input.name = first + "_input";
    input.path = path_.empty() ? input.name : path_ + "/" + input.name;
    input.config = &json_["config"];
    input.is_implied = true;
    if (!spec_.layers.empty()) take_input_of(spec_.layers[0], input);
    if (input.input_shape == nullptr) input.input_shape = list_member(*input.config, "build_input_shape");
    spec_.layers.insert(spec_.layers.begin(), std::move(input));
  }

  // The input shape is that of the first layer or, if that is a model, of its first layer.
  static void take_input_of(const LayerSpec& first, LayerSpec& input) {
    if (first.model == nullptr) {
      input.input_shape = declared_shape(*first.config);
    } else if (first.model->inputs.size() == 1) {
      const LayerSpec& inner = first.model->layers[first.model->inputs[0].layer];
      input.input_shape = inner.input_shape;
      input.input_dtype = inner.input_dtype;
    }
  }

  void connect_functional(const Json& layers, const Json& config) {
    for (size_t i = 0; i < spec_.layers.size(); ++i) {
      count_calls(layers[i], spec_.layers[i]);
      const Json* nodes = member(layers[i], "inbound_nodes");
      if (nodes != nullptr && generation_ == Generation::keras2) note_nodes(*nodes);
    }
    for (const char* ends : {"input_layers", "output_layers"}) {
      if (const Json* refs = member(config, ends); refs != nullptr && generation_ == Generation::keras2)
        note_nodes(*refs);
    }
    for (size_t i = 0; i < spec_.layers.size(); ++i) read_calls(layers[i], spec_.layers[i]);
    spec_.inputs = read_ends(config, "input_layers");
    spec_.outputs = read_ends(config, "output_layers");
    const Json& named = config["input_layers"];
    if (named.is_object()) spec_.input_keys = named.keys();
    for (const TensorRef& input : spec_.inputs) {
      if (!named.is_object()) spec_.input_keys.push_back(spec_.layers[input.layer].name);
    }
    for (const TensorRef& input : spec_.inputs) {
      if (!spec_.layers[input.layer].is_input()) {
        throw ModelError(where() + ": its input '" + spec_.layers[input.layer].name +
                         "' is not an InputLayer");
      }
    }
    if (spec_.outputs.empty()) throw ModelError(where() + ": has no outputs");
  }

  // An InputLayer counts as called once.
  void count_calls(const Json& json, LayerSpec& layer) const {
    const Json* nodes = json.find("inbound_nodes");
    if (nodes != nullptr && !nodes->is_array())
      throw ModelError(layer.where() + ": inbound_nodes is not a list");
    const size_t count = nodes == nullptr ? 0 : nodes->size();
    layer.calls.resize(layer.is_input() ? 1 : count);
  }

  void read_calls(const Json& json, LayerSpec& layer) {
    if (layer.is_input() || layer.calls.empty()) return;
    const auto resolve = [this](const std::string& name, int64_t node, int64_t tensor) {
      return resolve_tensor(name, node, tensor, Place::calls);
    };
    try {
      for (size_t c = 0; c < layer.calls.size(); ++c) {
        layer.calls[c] = read_call(json["inbound_nodes"][c], resolve);
      }
    } catch (const ModelError& error) {
      throw ModelError(layer.where() + ": " + error.what());
    }
  }

  // The index of a nested model's first call: 1 if node 0 is the model's own graph. Keras 3 counts that node
  // only in input_layers and output_layers, and not for a Sequential model. Keras 2 counts it everywhere for
  // a model that knows the shape of its input, and older versions for every model: the node indices in the
  // file show which, unless some calls of the model are not used.
  [[nodiscard]] int64_t first_node(const LayerSpec& layer, Place place) const {
    if (layer.model == nullptr) return 0;
    if (generation_ == Generation::keras3)
      return place == Place::ends && layer.model->class_name != "Sequential" ? 1 : 0;
    const auto used = nodes_used_.find(layer.name);
    if (used != nodes_used_.end() && used->second.first == 0) return 0;
    if (used != nodes_used_.end() && used->second.second >= static_cast<int64_t>(layer.calls.size()))
      return 1;
    const std::vector<LayerSpec>& inner = layer.model->layers;
    return layer.model->class_name != "Sequential" || inner[0].input_shape != nullptr ? 1 : 0;
  }

  // By layer: the least and the largest node index to which the configuration refers.
  void note_nodes(const Json& value) {
    if (is_keras2_tensor(value)) {
      const auto node = value[1].get<int64_t>();
      auto& [least, largest] = nodes_used_.try_emplace(value[0].get<std::string>(), node, node).first->second;
      least = std::min(least, node);
      largest = std::max(largest, node);
    }
    for (const Json& item : value) note_nodes(item);
  }

  [[nodiscard]] TensorRef resolve_tensor(const std::string& name, int64_t node, int64_t tensor,
                                         Place place) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end())
      throw ModelError("refers to layer '" + name + "', which the model does not have");
    const LayerSpec& layer = spec_.layers[found->second];
    const int64_t call = node - first_node(layer, place);
    if (call < 0 || call >= static_cast<int64_t>(layer.calls.size()) || tensor < 0) {
      throw ModelError("refers to tensor " + std::to_string(tensor) + " of node " + std::to_string(node) +
                       " of layer '" + name + "', which is called " + std::to_string(layer.calls.size()) +
                       " time(s)");
    }
    return {found->second, static_cast<size_t>(call), static_cast<size_t>(tensor)};
  }

  // input_layers and output_layers: one tensor, a list, or a dict of tensors.
  std::vector<TensorRef> read_ends(const Json& config, const char* key) const {
    const Json* ends = config.find(key);
    if (ends == nullptr) throw ModelError(where() + ": has no '" + key + "'");
    std::vector<TensorRef> refs;
    try {
      collect_ends(*ends, refs);
    } catch (const ModelError& error) {
      throw ModelError(where() + ": " + key + ": " + error.what());
    }
    return refs;
  }

  void collect_ends(const Json& value, std::vector<TensorRef>& refs) const {
    if (is_keras2_tensor(value)) {
      refs.push_back(read_keras2_tensor(value, [this](const std::string& name, int64_t node, int64_t tensor) {
        return resolve_tensor(name, node, tensor, Place::ends);
      }));
    } else if (value.is_array() || value.is_object()) {
      for (const Json& item : value) collect_ends(item, refs);
    } else {
      throw ModelError("expected [layer, node, tensor], found " + brief(value));
    }
  }

  // Kahn's algorithm; of the calls that are ready, the first in the configuration is taken.
  void sort_calls() {
    std::vector<std::vector<size_t>> waiting(spec_.layers.size());  // [layer][call]: inputs still missing
    std::vector<std::vector<std::vector<CallId>>> users(spec_.layers.size());
    const auto later = [](const CallId& a, const CallId& b) {
      return std::pair(a.layer, a.call) > std::pair(b.layer, b.call);
    };
    std::priority_queue<CallId, std::vector<CallId>, decltype(later)> ready(later);
    size_t count = 0;
    for (size_t l = 0; l < spec_.layers.size(); ++l) users[l].resize(spec_.layers[l].calls.size());
    for (size_t l = 0; l < spec_.layers.size(); ++l) {
      for (size_t c = 0; c < spec_.layers[l].calls.size(); ++c, ++count) {
        std::vector<TensorRef> refs = tensors_of(spec_.layers[l].calls[c]);
        for (const TensorRef& ref : refs) users[ref.layer][ref.call].push_back({l, c});
        waiting[l].push_back(refs.size());
        if (refs.empty()) ready.push({l, c});
      }
    }
    while (!ready.empty()) {
      const CallId next = ready.top();
      ready.pop();
      spec_.order.push_back(next);
      for (const CallId& user : users[next.layer][next.call]) {
        if (--waiting[user.layer][user.call] == 0) ready.push(user);
      }
    }
    if (spec_.order.size() != count) throw_cycle(waiting);
  }

  [[noreturn]] void throw_cycle(const std::vector<std::vector<size_t>>& waiting) const {
    for (size_t l = 0; l < waiting.size(); ++l) {
      for (size_t inputs : waiting[l]) {
        if (inputs > 0) throw ModelError(spec_.layers[l].where() + ": its input depends on its own output");
      }
    }
    throw ModelError(where() + ": its layers depend on each other");
  }

  static void collect_tensors(const Argument& argument, std::vector<TensorRef>& refs) {
    if (const auto* ref = std::get_if<TensorRef>(&argument.value)) refs.push_back(*ref);
    if (const auto* items = std::get_if<std::vector<Argument>>(&argument.value)) {
      for (const Argument& item : *items) collect_tensors(item, refs);
    }
  }

  static std::vector<TensorRef> tensors_of(const Call& call) {
    std::vector<TensorRef> refs;
    for (const Argument& argument : call.args) collect_tensors(argument, refs);
    for (const auto& [name, argument] : call.kwargs) collect_tensors(argument, refs);
    return refs;
  }

  const Json& json_;
  std::string path_;
  Generation generation_;
  ModelSpec spec_;
  WholeFile& file_;
  std::unordered_map<std::string, size_t> by_name_;
  std::map<std::string, std::pair<int64_t, int64_t>> nodes_used_;
};

}  // namespace

ModelSpec read_model_spec(const Json& config, const std::string& keras_version) {
  if (!config.is_object()) throw ModelError("its configuration is not a JSON object");
  const bool keras3 = keras_version.starts_with("3.");
  WholeFile file;
  const bool is_list = config.contains("config") && config["config"].is_array();
  std::string name = is_list ? file.next_name() : "";
  ModelSpec spec = SpecReader(config, "", keras3 ? Generation::keras3 : Generation::keras2, file).read();
  if (spec.name.empty()) spec.name = std::move(name);
  return spec;
}

}  // namespace tf_injector::detail::keras
