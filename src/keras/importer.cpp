#include "keras/importer.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "keras/layer_table.hpp"
#include "keras/layers/options.hpp"
#include "keras/model_spec.hpp"
#include "keras/op_layer.hpp"
#include "keras/op_table.hpp"
#include "keras/refused_layer.hpp"
#include "keras/weights/weights.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail::keras {
namespace {

// Limits on what is made of a small file: shared models that are called twice at every level of nesting
// double the graph at each level. The largest known network (ResNet1202) has 5,000 calls and 400,000 values.
constexpr size_t kMaxCalls = 50'000;
constexpr size_t kMaxWork = 3'000'000;  // values of configurations, arguments and results, of every call
constexpr size_t kMaxOutputs = 10'000;

// The name of a dtype or policy: "float32", {"class_name": "DTypePolicy", "config": {"name": "float32"}}.
std::string policy_name(const Json& dtype) {
  if (dtype.is_string()) return dtype.get<std::string>();
  const Json* name = dtype.find({"config", "name"});
  if (name != nullptr && name->is_string()) return name->text();
  // Keras 3's QuantizedDTypePolicy and its kin: "int8_from_float32".
  const Json *mode = dtype.find({"config", "mode"}), *source = dtype.find({"config", "source_name"});
  if (mode != nullptr && mode->is_string() && source != nullptr && source->is_string())
    return mode->text() + "_from_" + source->text();
  return brief(dtype);
}

std::string followed(const std::string& remedy) { return remedy.empty() ? "" : "; " + remedy; }

// The number type of an InputLayer.
NumberType input_type(const LayerSpec& input) {
  if (input.input_dtype == nullptr) return NumberType::float32;
  const std::string name = policy_name(*input.input_dtype);
  const std::optional<NumberType> type = find_number_type(name);
  if (!type)
    throw ModelError(input.where() + ": type '" + name + "' of an input is not supported (docs/layers.md)");
  return *type;
}

void check_policy(const LayerSpec& layer) {
  if (layer.is_input()) {
    (void)input_type(layer);
    return;
  }
  if (!layer.config->is_object()) return;
  const Json* dtype = layer.config->find("dtype");
  if (dtype == nullptr || dtype->is_null()) return;
  const std::string name = policy_name(*dtype);
  if (name != "float32") {
    throw ModelError(layer.where() + ": dtype policy '" + name + "'; only float32 is supported" +
                     followed(remedy_for_policy(name)) + " (docs/layers.md)");
  }
}

// Checked first, because other problems only follow from it: shapes that do not fit, or a missing shape.
void check_layout(const LayerSpec& layer) {
  constexpr std::string_view kOnImages[] = {"Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D",
                                            "AveragePooling2D"};
  if (!layer.config->is_object() || std::ranges::find(kOnImages, layer.class_name) == std::end(kOnImages))
    return;
  Config config(*layer.config, layer.where());
  layers::expect_channels_last(config);
}

size_t values_in(const Json& value) {
  size_t count = 1;
  for (const Json& item : value) count += values_in(item);
  return count;
}

size_t values_in(const Argument& argument) {
  if (const Json* constant = argument.constant()) return values_in(*constant);
  size_t count = 1;
  if (const auto* items = std::get_if<std::vector<Argument>>(&argument.value)) {
    for (const Argument& item : *items) count += values_in(item);
  }
  return count;
}

size_t values_in(const Call& call) {
  size_t count = 1;
  for (const Argument& argument : call.args) count += values_in(argument);
  for (const auto& [name, argument] : call.kwargs) count += values_in(argument);
  return count;
}

size_t values_in(const Values& results) {
  size_t count = results.size();
  for (const Value& value : results) {
    if (const auto* integers = std::get_if<Integers>(&value)) count += integers->values.size();
  }
  return count;
}
// All layers that are not supported, a line each.
class RefusedLayers : public ModelError {
 public:
  using ModelError::ModelError;
};

class Importer {
 public:
  explicit Importer(const Archive& archive)
      : archive_(archive), model_(read_model_spec(archive.config, archive.keras_version)) {}

  Graph import() {
    graph_.name = model_.name;
    graph_.keras_version = archive_.keras_version;
    check_layers(model_);
    if (!refused_.empty()) throw RefusedLayers(refused_.text());
    const WeightPlaces places = locate_weights(
        archive_, model_, [this](const LayerSpec& layer) { return variables_of(layer); }, graph_.notes);
    list_layers(model_, places, true);

    std::vector<NodeId> inputs;
    for (const TensorRef& ref : model_.inputs) inputs.push_back(add_input(model_.layers[ref.layer]));
    const Values outputs = run_model(model_, inputs, false);
    name_outputs(outputs);
    sort_calls();
    return std::move(graph_);
  }

 private:
  // Collects everything that is unknown, before weights are read.
  void check_layers(const ModelSpec& model) {
    for (const LayerSpec& layer : model.layers) {
      try {
        check_layer(layer);
      } catch (const ModelError& error) {
        refused_.add(printable(error.what(), kUncut));
      }
      if (layer.model != nullptr) check_layers(*layer.model);
    }
  }

  void check_layer(const LayerSpec& layer) {
    if (!has_refused_policy_) {  // nearly always all layers have the same
      has_refused_policy_ = true;
      check_policy(layer);
      has_refused_policy_ = false;
    }
    check_layout(layer);
    if (layer.model != nullptr || layer.is_input() || importer_of(layer) != nullptr) return;
    const bool op = is_op(layer, model_.generation);
    throw ModelError("layer '" + layer.path + "': " + (op ? "op '" : "class '") + op_description(layer) +
                     (layer.module.empty() ? "'" : "' of " + layer.module) + " is not supported" +
                     followed(remedy_for(layer)) + " (docs/layers.md)");
  }

  using ImportCall = Values (*)(CallContext&);
  [[nodiscard]] ImportCall importer_of(const LayerSpec& layer) const {
    if (is_op(layer, model_.generation)) {
      const OpType* op = find_op(layer);
      return op == nullptr ? nullptr : op->import_call;
    }
    const LayerType* type = find_layer_type(layer);
    return type == nullptr ? nullptr : type->import_call;
  }

  [[nodiscard]] std::vector<Variable> variables_of(const LayerSpec& layer) const {
    if (layer.is_input() || is_op(layer, model_.generation)) return {};
    const LayerType* type = find_layer_type(layer);
    if (type == nullptr || type->variables == nullptr) return {};
    Config config(*layer.config, layer.where());
    return type->variables(config);
  }

  // Keras' _flatten_layers: a model is followed by its layers. Keras 3 lists the layers of nested models in
  // reverse order, and its ops are not layers.
  void list_layers(const ModelSpec& model, const WeightPlaces& places, bool outermost) {
    const bool backwards = model_.generation == Generation::keras3 && !outermost;
    for (size_t i = 0; i < model.layers.size(); ++i) {
      const LayerSpec& layer = model.layers[backwards ? model.layers.size() - 1 - i : i];
      if (layer.model != nullptr) {
        list_layers(*layer.model, places, false);
      } else if (!layer.is_implied &&
                 (model_.generation == Generation::keras2 || !is_op(layer, model_.generation))) {
        list_layer(layer, places);
      }
    }
  }

  void list_layer(const LayerSpec& layer, const WeightPlaces& places) {
    Layer listed;
    listed.name = layer.name;
    listed.path = layer.path;
    listed.class_name = op_description(layer);
    const auto found = places.find(&layer);
    if (found != places.end()) {
      const std::vector<Variable> variables = variables_of(layer);
      for (size_t i = 0; i < found->second.size(); ++i) {
        Hdf5File::Array array = archive_.weights.read_floats(found->second[i]);
        listed.weights.push_back(static_cast<WeightId>(graph_.weights.size()));
        graph_.weights.push_back(
            {layer.path + "/" + variables[i].name, std::move(array.shape), std::move(array.values)});
      }
    }
    const LayerType* type = is_op(layer, model_.generation) ? nullptr : find_layer_type(layer);
    listed.injectable = type != nullptr && type->injectable == Injectable::yes && !listed.weights.empty();
    listed_[&layer] = graph_.layers.size();
    graph_.layers.push_back(std::move(listed));
  }

  // A fixed batch size is accepted and ignored: the model runs with any number of images.
  NodeId add_input(const LayerSpec& input) {
    const Json* declared = input.input_shape;
    if (declared == nullptr)
      throw ModelError(input.where() + ": the file does not say the shape of the input");
    constexpr int64_t kMax = int64_t{1} << 31;
    const Json& batch = (*declared)[0];
    if (!batch.is_null() && !batch.is_integer_within(1, kMax)) {
      throw ModelError(input.where() + ": input shape " + brief(*declared) +
                       ": the batch is neither None nor a number of images");
    }
    std::vector<int64_t> dims;
    for (size_t i = 1; i < declared->size(); ++i) {
      const Json& dim = (*declared)[i];
      if (!dim.is_integer_within(1, kMax)) {
        throw ModelError(input.where() + ": input shape " + brief(*declared) +
                         ": every size but the batch must be known");
      }
      dims.push_back(dim.get<int64_t>());
    }
    const Shape shape(std::move(dims));
    if (has_too_many_axes(shape))
      throw ModelError(input.where() + ": an input of " + std::to_string(shape.rank()) + " axes");
    if (is_too_large(shape))
      throw ModelError(input.where() + ": input " + shape.to_string() + " is too large");
    const NumberType type = input_type(input);
    const NodeId node = graph_.add_input(input.path, input.name, shape, type);
    types_.set(node, type);
    return node;
  }

  // Adds the nodes of one call of a model. The depth of the recursion is that of nested models, which the
  // depth of the JSON bounds.
  Values run_model(const ModelSpec& model, const std::vector<NodeId>& inputs, bool training) {
    CallResults results(model.layers.size());
    for (size_t l = 0; l < model.layers.size(); ++l) results[l].resize(model.layers[l].calls.size());
    for (size_t i = 0; i < model.inputs.size(); ++i) {
      const size_t layer = model.inputs[i].layer;
      results[layer][0].emplace_back(inputs[i]);
      note_call(model.layers[layer], results[layer][0], &model == &model_ ? 0 : graph_.nodes.size());
    }
    for (const CallId& id : model.order) {
      const LayerSpec& layer = model.layers[id.layer];
      if (layer.is_input()) continue;
      count_call(layer, layer.calls[id.call]);
      calls_around_.push_back(id.call);
      results[id.layer][id.call] = run_call(layer, layer.calls[id.call], results, training);
      calls_around_.pop_back();
      count_work(values_in(results[id.layer][id.call]));
    }
    Values outputs;
    for (const TensorRef& ref : model.outputs) {
      const Values& values = results[ref.layer][ref.call];
      if (ref.output >= values.size()) {
        throw ModelError(model.layers[ref.layer].where() + ": has no output " + std::to_string(ref.output));
      }
      outputs.push_back(values[ref.output]);
    }
    return outputs;
  }

  void count_call(const LayerSpec& layer, const Call& call) {
    if (++calls_ > kMaxCalls) throw ModelError("more than " + std::to_string(kMaxCalls) + " calls of layers");
    count_work(values_in(call) + (layer.model == nullptr ? values_in(*layer.config) : 0));
  }

  void count_work(size_t values) {
    work_ += values;
    if (work_ > kMaxWork)
      throw ModelError("the calls of its layers have more than " + std::to_string(kMaxWork) +
                       " values in all");
  }

  // `around`: true if the model is called in training mode.
  Values run_call(const LayerSpec& layer, const Call& call, const CallResults& results, bool around) {
    static const std::vector<WeightId> kNone;
    const auto listed = listed_.find(&layer);
    const std::vector<WeightId>& weights =
        listed == listed_.end() ? kNone : graph_.layers[listed->second].weights;
    const Call arranged = is_op_layer(layer) ? call_of_op_layer(layer, call) : Call();
    CallContext context(graph_, types_, layer, is_op_layer(layer) ? arranged : call, results, weights,
                        model_.generation);
    const bool training = context.training(around);
    if (layer.model != nullptr) {
      std::vector<NodeId> nodes = context.inputs_named(layer.model->input_keys);
      if (nodes.size() != layer.model->inputs.size()) {
        context.fail("expected " + std::to_string(layer.model->inputs.size()) + " input(s), found " +
                     std::to_string(nodes.size()));
      }
      for (size_t i = 0; i < nodes.size(); ++i) nodes[i] = as_model_input(context, nodes[i], *layer.model, i);
      return run_model(*layer.model, nodes, training);
    }
    if (training && differs_in_training(layer))
      context.fail("is called with training=true; only inference is supported");
    if (is_op(layer, model_.generation)) context.config.ignore({"function"});  // has chosen the importer
    if (is_op_layer(layer)) context.config.ignore({"node_def", "constants"});  // are part of the call
    const size_t nodes_before = graph_.nodes.size();
    Values values = importer_of(layer)(context);
    context.finish();
    note_call(layer, values, nodes_before);
    return values;
  }

  // A nested model converts what it is given to the type of its input.
  static NodeId as_model_input(const CallContext& context, NodeId node, const ModelSpec& model, size_t i) {
    const NumberType wanted = input_type(model.layers[model.inputs[i].layer]);
    if (context.type(node) == wanted) return node;
    if (!holds_all_of(wanted, context.type(node))) {
      context.fail("takes " + std::string(number_type_name(wanted)) + ", is given " +
                   number_type_name(context.type(node)) + " (docs/layers.md)");
    }
    return context.as_type(node, wanted);
  }

  // Layer::output_shape is that of the first call. A layer that passes on what it is given (a Dropout) has no
  // output of its own: the node was there before.
  void note_call(const LayerSpec& layer, const Values& values, size_t nodes_before) {
    const auto listed = listed_.find(&layer);
    if (listed == listed_.end() || values.empty()) return;
    const NodeId* node = std::get_if<NodeId>(&values[0]);
    const bool is_first = noted_.insert(&layer).second;
    if (node == nullptr) return;
    if (is_first) graph_.layers[listed->second].output_shape = graph_.nodes[static_cast<size_t>(*node)].shape;
    if (values.size() == 1 && static_cast<size_t>(*node) >= nodes_before &&
        types_.of(*node) == NumberType::float32)
      noted_calls_.push_back({calls_around_, {listed->second, *node}});
  }

  // By layer, and those of a layer in Keras' order: by the numbers of the calls of the models around it, then
  // by its own.
  void sort_calls() {
    std::stable_sort(noted_calls_.begin(), noted_calls_.end(), [](const NotedCall& a, const NotedCall& b) {
      return std::tie(a.call.layer, a.numbers) < std::tie(b.call.layer, b.numbers);
    });
    for (const NotedCall& noted : noted_calls_) graph_.calls.push_back(noted.call);
  }

  // As in Keras' output_names, a repeated name gets _1, _2, ...
  void name_outputs(const Values& outputs) {
    if (outputs.size() > kMaxOutputs)
      throw ModelError("the model has more than " + std::to_string(kMaxOutputs) + " outputs");
    std::set<std::string> taken;
    std::map<std::string, int> last_number;  // by layer: the last one that was taken
    for (size_t i = 0; i < outputs.size(); ++i) {
      const LayerSpec& layer = model_.layers[model_.outputs[i].layer];
      const NodeId* node = std::get_if<NodeId>(&outputs[i]);
      if (node == nullptr)
        throw ModelError(layer.where() + ": an output of the model is a shape, not a tensor");
      std::string name = layer.name;
      for (int& again = last_number[layer.name]; !taken.insert(name).second;)
        name = layer.name + "_" + std::to_string(++again);
      graph_.outputs.push_back(*node);
      graph_.output_names.push_back(name);
    }
  }

  struct NotedCall {
    std::vector<size_t> numbers;
    LayerCall call;
  };

  const Archive& archive_;
  ModelSpec model_;
  Graph graph_;
  NodeTypes types_;
  std::unordered_map<const LayerSpec*, size_t> listed_;  // index in Graph::layers
  std::set<const LayerSpec*> noted_;
  std::vector<NotedCall> noted_calls_;
  std::vector<size_t> calls_around_;  // numbers of the call that is being made, and of the models around it
  ProblemLines refused_;
  bool has_refused_policy_ = false;
  size_t calls_ = 0, work_ = 0;
};

}  // namespace

// Any text of the configuration may stand in a message.
Graph import_archive(const Archive& archive) {
  try {
    return Importer(archive).import();
  } catch (const RefusedLayers&) {
    throw;
  } catch (const JsonError& error) {
    throw ModelError(
        printable(std::string("its configuration has an unexpected form: ") + error.what(), kUncut));
  } catch (const ModelError& error) {
    throw ModelError(printable(error.what(), kUncut));
  }
}

}  // namespace tf_injector::detail::keras
