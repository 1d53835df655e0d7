#include "cli/text/model_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <map>
#include <utility>
#include <vector>

#include "cli/text/text_table.hpp"
#include "tf_injector/bit_groups.hpp"

namespace tf_injector::detail::cli {
namespace {

// "(32, 32, 3)", "(4,)"
std::string shape_text(const std::vector<int64_t>& shape) { return format_index(shape); }

// "input_1 (32, 32, 3), input_2 (4,) uint8"
std::string inputs_line(const Model& model) {
  std::vector<std::string> inputs;
  for (const ModelInput& input : model.inputs()) {
    std::string line = fmt::format("{} {}", input.name, shape_text(input.shape));
    if (input.type != "float32") line += " " + input.type;
    inputs.push_back(std::move(line));
  }
  return fmt::format("{}", fmt::join(inputs, ", "));
}

std::string outputs_line(const Model& model) {
  std::vector<std::string> outputs;
  for (const ModelOutput& output : model.outputs())
    outputs.push_back(fmt::format("{} {}", output.name, shape_text(output.shape)));
  return fmt::format("{}", fmt::join(outputs, ", "));
}

std::string plural(int64_t count, const char* noun) {
  return fmt::format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

}  // namespace

std::string model_text(const Model& model) {
  std::map<std::string, FaultableTensor> kernels;
  for (FaultableTensor& kernel : model.faultable()) kernels.emplace(kernel.layer, std::move(kernel));
  std::vector<std::vector<std::string>> rows;
  int64_t parameters = 0, bits = 0;
  const std::vector<ModelLayer> layers = model.layers();
  for (const ModelLayer& layer : layers) {
    // "TFOpLambda(nn.relu)": which function it is stands in the layer's name.
    const std::string class_name = layer.class_name.substr(0, layer.class_name.find('('));
    const auto kernel = kernels.find(layer.path);
    const bool has_kernel = kernel != kernels.end();
    const int64_t faultable_bits =
        has_kernel ? kernel->second.elements * storage_bits(kernel->second.storage) : 0;
    rows.push_back({layer.path, class_name, shape_text(layer.output_shape),
                    has_kernel ? shape_text(kernel->second.shape) : "", std::to_string(layer.parameters),
                    has_kernel ? std::to_string(faultable_bits) : ""});
    parameters += layer.parameters;
    bits += faultable_bits;
  }
  rows.emplace_back();
  rows.push_back({"total", "", "", "", std::to_string(parameters), std::to_string(bits)});

  std::string text = fmt::format("{}: model '{}'", model.source(), model.name());
  if (!model.keras_version().empty()) text += fmt::format(", Keras {}", model.keras_version());
  if (model.storage() != StorageFormat::float32)
    text += fmt::format(", weights stored in {}", storage_name(model.storage()));
  text += "\n\n" + text_table({{"layer", false},
                               {"class", false},
                               {"output shape", false},
                               {"kernel", false},
                               {"parameters", true},
                               {"faultable bits", true}},
                              rows);
  text += fmt::format("\nlayers: {}, {} with a kernel that faults can hit\n", layers.size(), kernels.size());
  text += fmt::format("inputs: {}\noutputs: {}\n", inputs_line(model), outputs_line(model));
  for (const std::string& note : model.notes()) text += fmt::format("note: {}\n", note);
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

std::string validation_text(const FaultList& list, const Model& model) {
  const std::span<const BitGroup> groups = bit_groups(model.storage());
  std::vector<int64_t> counts(groups.size());
  int64_t others = 0;
  const FaultRows rows = list.rows();
  for (size_t row = 0; row < rows.size(); ++row) {
    const int bit = rows.bit(row);
    ++(bit < 0 ? others : counts[bit_group_of(bit, model.storage())]);
  }
  std::string text =
      fmt::format("{}: {}, {}, fits {}\n", list.source(), plural(static_cast<int64_t>(list.size()), "fault"),
                  plural(static_cast<int64_t>(list.layers()), "layer"), model.source());
  if (model.storage() != StorageFormat::float32)
    text.insert(text.size() - 1, fmt::format(" stored in {}", storage_name(model.storage())));
  for (size_t i = 0; i < groups.size(); ++i)
    text += fmt::format("{}: {}\n", bit_group_label(groups[i]), counts[i]);
  if (others > 0) text += fmt::format("other faults: {}\n", others);
  return text;
}

}  // namespace tf_injector::detail::cli
