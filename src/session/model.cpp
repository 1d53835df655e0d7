#include "tf_injector/model.hpp"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "graph/number_type.hpp"
#include "graph/storage.hpp"
#include "io/sha256.hpp"
#include "keras/import.hpp"
#include "plan/plan.hpp"
#include "session/guarded.hpp"
#include "session/model_data.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

const Weight& weight_of(const Graph& graph, WeightId id) { return graph.weights.at(static_cast<size_t>(id)); }

// Read once: the hash is of the bytes that the network comes from, whatever stands under the name later.
std::shared_ptr<const Model::Data> import(keras::ModelFile file) {
  auto data = std::make_shared<Model::Data>();
  data->source = file.path;
  data->sha256 = sha256_of(file.bytes.data(), file.bytes.size());
  data->graph = keras::import_model(std::move(file));
  return data;
}

}  // namespace

Model Model::load(const std::string& path) {
  return guarded([&] { return Model(import(keras::read_model(path))); });
}

Model Model::from_bytes(std::vector<uint8_t> bytes, const std::string& name) {
  return guarded([&] { return Model(import({.path = name, .bytes = std::move(bytes)})); });
}

Model detail::model_of(Graph graph, std::string source, std::string sha256) {
  auto data = std::make_shared<Model::Data>();
  data->graph = std::move(graph);
  data->source = std::move(source);
  data->sha256 = std::move(sha256);
  return Model(std::move(data));
}

Model Model::stored(StorageFormat format) const {
  return guarded([&] {
    if (format == storage()) return *this;
    if (storage() != StorageFormat::float32) {
      throw Error(ErrorKind::usage,
                  fmt::format("`storage`: the weights of {} are stored in {} already; load the "
                              "model anew to store them in {}",
                              source(), storage_name(storage()), storage_name(format)));
    }
    auto data = std::make_shared<Data>(*data_);
    try {
      const int64_t infinite = store_weights(data->graph, format);
      if (infinite > 0) {
        data->graph.notes.push_back(fmt::format("{} weights are too large for {}: they are infinite",
                                                infinite, storage_name(format)));
      }
    } catch (const ModelError& error) {
      throw ModelError(fmt::format("{}: {}", source(), error.what()));
    }
    return Model(std::move(data));
  });
}

StorageFormat Model::storage() const noexcept { return data_->graph.storage; }
const std::string& Model::source() const noexcept { return data_->source; }
const std::string& Model::name() const noexcept { return data_->graph.name; }
const std::string& Model::sha256() const noexcept { return data_->sha256; }
const std::string& Model::keras_version() const noexcept { return data_->graph.keras_version; }
const std::vector<std::string>& Model::notes() const noexcept { return data_->graph.notes; }

std::vector<ModelInput> Model::inputs() const {
  std::vector<ModelInput> inputs;
  for (const NodeId id : data_->graph.inputs) {
    const Node& node = data_->graph.nodes.at(static_cast<size_t>(id));
    const auto& input = std::get<ops::Input>(node.op);
    inputs.push_back({input.name, node.shape.dims(), number_type_name(input.type)});
  }
  return inputs;
}

std::vector<ModelOutput> Model::outputs() const {
  const Graph& graph = data_->graph;
  std::vector<ModelOutput> outputs;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const Node& node = graph.nodes.at(static_cast<size_t>(graph.outputs[i]));
    outputs.push_back({i < graph.output_names.size() ? graph.output_names[i] : node.path, node.shape.dims()});
  }
  return outputs;
}

std::vector<ModelLayer> Model::layers() const {
  std::vector<ModelLayer> layers;
  for (const Layer& layer : data_->graph.layers) {
    ModelLayer one{.name = layer.name,
                   .path = layer.path,
                   .class_name = layer.class_name,
                   .output_shape = layer.output_shape.dims()};
    for (const WeightId id : layer.weights) one.parameters += weight_of(data_->graph, id).shape.elements();
    layers.push_back(std::move(one));
  }
  return layers;
}

std::vector<FaultableTensor> Model::faultable() const {
  std::vector<FaultableTensor> tensors;
  for (const Layer& layer : data_->graph.layers) {
    if (!layer.injectable || layer.weights.empty()) continue;
    const Weight& kernel = weight_of(data_->graph, layer.weights.front());
    tensors.push_back({.layer = layer.path,
                       .shape = kernel.shape.dims(),
                       .elements = kernel.shape.elements(),
                       .storage = kernel.storage});
  }
  return tensors;
}

uint64_t Model::memory_bytes() const noexcept { return data_->graph.bytes(); }

std::vector<StepInfo> Model::steps(KernelSet kernels) const {
  return Plan::compile(data_->graph, {.kernels = kernels}).steps();
}

}  // namespace tf_injector
