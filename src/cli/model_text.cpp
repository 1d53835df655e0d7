#include "cli/model_text.hpp"

#include <fmt/format.h>

#include <array>
#include <set>

#include "cli/text_table.hpp"
#include "fault/bit_groups.hpp"

namespace tf_injector::cli {
namespace {

constexpr int64_t kBitsPerWeight = 32;

struct LayerFigures {
  int64_t parameters = 0;
  int64_t faultable_bits = 0;
};

LayerFigures figures_of(const Graph& graph, const Layer& layer) {
  LayerFigures figures;
  for (const WeightId id : layer.weights)
    figures.parameters += graph.weights.at(static_cast<size_t>(id)).shape.elements();
  if (layer.injectable && !layer.weights.empty()) {
    figures.faultable_bits =
        graph.weights.at(static_cast<size_t>(layer.weights[0])).shape.elements() * kBitsPerWeight;
  }
  return figures;
}

// "input_1 (32, 32, 3), input_2 (4,)"
std::string inputs_line(const Graph& graph) {
  std::vector<std::string> inputs;
  for (const NodeId id : graph.inputs) {
    const Node& node = graph.nodes.at(static_cast<size_t>(id));
    const auto* input = std::get_if<ops::Input>(&node.op);
    std::string line =
        fmt::format("{} {}", input == nullptr ? node.path : input->name, node.shape.to_string());
    if (input != nullptr && input->type != NumberType::float32)
      line += fmt::format(" {}", number_type_name(input->type));
    inputs.push_back(std::move(line));
  }
  return fmt::format("{}", fmt::join(inputs, ", "));
}

std::string outputs_line(const Graph& graph) {
  std::vector<std::string> outputs;
  for (size_t i = 0; i < graph.outputs.size(); ++i) {
    const Node& node = graph.nodes.at(static_cast<size_t>(graph.outputs[i]));
    const std::string& name = i < graph.output_names.size() ? graph.output_names[i] : node.path;
    outputs.push_back(fmt::format("{} {}", name, node.shape.to_string()));
  }
  return fmt::format("{}", fmt::join(outputs, ", "));
}

std::string plural(int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string model_text(const Graph& graph, const std::string& path) {
  std::vector<std::vector<std::string>> rows;
  LayerFigures total;
  int64_t injectable = 0;
  for (const Layer& layer : graph.layers) {
    const LayerFigures figures = figures_of(graph, layer);
    const bool has_kernel = layer.injectable && !layer.weights.empty();
    // "TFOpLambda(nn.relu)": which function it is stands in the layer's name.
    const std::string class_name = layer.class_name.substr(0, layer.class_name.find('('));
    rows.push_back(
        {layer.path, class_name, layer.output_shape.to_string(),
         has_kernel ? graph.weights.at(static_cast<size_t>(layer.weights[0])).shape.to_string() : "",
         std::to_string(figures.parameters), has_kernel ? std::to_string(figures.faultable_bits) : ""});
    total.parameters += figures.parameters;
    total.faultable_bits += figures.faultable_bits;
    injectable += has_kernel ? 1 : 0;
  }
  rows.emplace_back();
  rows.push_back(
      {"total", "", "", "", std::to_string(total.parameters), std::to_string(total.faultable_bits)});

  std::string text = fmt::format("{}: model '{}'", path, graph.name);
  if (!graph.keras_version.empty()) text += fmt::format(", Keras {}", graph.keras_version);
  text += "\n\n" + text_table({{"layer", false},
                               {"class", false},
                               {"output shape", false},
                               {"kernel", false},
                               {"parameters", true},
                               {"faultable bits", true}},
                              rows);
  text +=
      fmt::format("\nlayers: {}, {} with a kernel that faults can hit\n", graph.layers.size(), injectable);
  text += fmt::format("inputs: {}\noutputs: {}\n", inputs_line(graph), outputs_line(graph));
  for (const std::string& note : graph.notes) text += fmt::format("note: {}\n", note);
  return text;
}

std::string steps_text(const std::vector<StepInfo>& steps) {
  std::vector<std::vector<std::string>> rows;
  int64_t total = 0;
  for (size_t i = 0; i < steps.size(); ++i) {
    const StepInfo& step = steps[i];
    rows.push_back(
        {std::to_string(i + 1), step.path, step.op, step.kernel, std::to_string(step.multiply_adds)});
    total += step.multiply_adds;
  }
  rows.emplace_back();
  rows.push_back({"", "total", "", "", std::to_string(total)});
  return text_table(
      {{"step", true}, {"layer", false}, {"operation", false}, {"kernel", false}, {"multiply-adds", true}},
      rows);
}

std::string validation_text(const FaultList& list, const std::string& model_path) {
  std::set<WeightId> kernels;  // one per layer, however the list spells its name
  std::array<int64_t, kBitGroups.size()> counts{};
  for (const ResolvedFault& fault : list.faults) {
    kernels.insert(fault.patch.weight);
    ++counts[bit_group_of(fault.fault.bit)];
  }
  std::string text = fmt::format("{}: {}, {}, fits {}\n", list.path,
                                 plural(static_cast<int64_t>(list.faults.size()), "fault"),
                                 plural(static_cast<int64_t>(kernels.size()), "layer"), model_path);
  for (size_t i = 0; i < kBitGroups.size(); ++i) {
    text += fmt::format("{}: {}\n", bit_group_label(kBitGroups[i]), counts[i]);
  }
  return text;
}

}  // namespace tf_injector::cli
