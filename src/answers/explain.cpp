#include "tf_injector/explain.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "answers/op_network.hpp"
#include "answers/reach.hpp"
#include "answers/spread.hpp"
#include "core/bits.hpp"
#include "core/printable.hpp"
#include "graph/storage.hpp"
#include "session/guarded.hpp"
#include "session/list_data.hpp"
#include "session/model_data.hpp"
#include "tf_injector/bit_groups.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

FloatFields fields_of(StorageFormat storage, uint32_t code, uint32_t float32_bits) {
  FloatFields fields{.bits = code, .value = bits_float(float32_bits)};
  for (const BitGroup& group : bit_groups(storage)) {
    const int bits = group.last_bit - group.first_bit + 1;
    const uint32_t field = code >> group.first_bit & ((uint32_t{1} << bits) - 1);
    if (group.first_bit == 0)
      fields.mantissa = field;
    else
      (group.first_bit == storage_bits(storage) - 1 ? fields.sign : fields.exponent) =
          static_cast<int>(field);
  }
  return fields;
}

// `before`, `after`: as float32.
BitChange change_of(StorageFormat storage, uint32_t before, uint32_t after, int bit) {
  if (!is_finite(bits_float(before)))
    return is_nan(bits_float(before)) ? BitChange::was_nan : BitChange::was_inf;
  if (!is_finite(bits_float(after)))
    return is_nan(bits_float(after)) ? BitChange::becomes_nan : BitChange::becomes_inf;
  if (bit == storage_bits(storage) - 1) return BitChange::sign;
  if (storage == StorageFormat::int8) return BitChange::magnitude;
  if (bit <= bit_groups(storage).back().last_bit) return BitChange::mantissa;
  return after > before ? BitChange::exponent_up : BitChange::exponent_down;  // the sign is the same
}

const Layer& layer_of(const Graph& graph, const Patch& patch) {
  const auto found = std::find_if(graph.layers.begin(), graph.layers.end(), [&](const Layer& layer) {
    return layer.injectable && !layer.weights.empty() && layer.weights[0] == patch.weight;
  });
  if (found == graph.layers.end()) throw Error(ErrorKind::internal, "explain: no layer has the weight");
  return *found;
}

// What each number of the index counts.
std::vector<std::pair<std::string, int64_t>> position_of(const std::vector<int64_t>& index,
                                                         bool is_depthwise) {
  static constexpr std::array kConvolution{"kernel row", "kernel column", "input channel", "output channel"};
  static constexpr std::array kDepthwise{"kernel row", "kernel column", "channel", "multiplier"};
  static constexpr std::array kDense{"input", "output"};
  std::vector<std::pair<std::string, int64_t>> position;
  for (size_t i = 0; i < index.size(); ++i) {
    const char* name = "axis";
    if (index.size() == 4) name = is_depthwise ? kDepthwise[i] : kConvolution[i];
    if (index.size() == 2) name = kDense[i];
    position.emplace_back(name, index[i]);
  }
  return position;
}

std::string reader_text(const plan::DraftStep& step) {
  return fmt::format("{} ({})", step.path, op_text(step.op));
}

// The output channel of a step that the weight belongs to.
int64_t channel_of(const plan::DraftStep& step, const Shape& kernel, int64_t element) {
  if (const auto* depthwise = std::get_if<ops::DepthwiseConv2D>(&step.op))
    return element / kernel.back() % kernel[2] * depthwise->multiplier + element % kernel.back();
  return element % kernel.back();
}

ChannelScale scale_of(const plan::DraftStep& step, const ops::BatchNormalization& op, const Graph& graph,
                      size_t channel) {
  const auto value = [&](WeightId id, float otherwise) {
    return id == kNoWeight ? otherwise : graph.weights[static_cast<size_t>(id)].values.at(channel);
  };
  const float gamma = value(op.gamma, 1.0f);
  const double variance = static_cast<double>(value(op.variance, 1.0f)) + static_cast<double>(op.epsilon);
  return {step.path, gamma, static_cast<double>(gamma) / std::sqrt(variance)};
}

void add_neighbours(const OpNetwork& network, const Patch& patch, FaultExplanation& found) {
  const Shape& kernel = network.graph->weights[static_cast<size_t>(patch.weight)].shape;
  for (const size_t holder : network.holders(patch.weight)) {
    const plan::DraftStep& step = network.draft.steps[holder];
    for (const plan::DraftStep& reader : network.draft.steps) {
      const bool reads = std::any_of(reader.inputs.begin(), reader.inputs.end(),
                                     [&](const plan::Use& use) { return use.value == step.output; });
      if (!reads) continue;
      found.feeds.push_back(reader_text(reader));
      if (const auto* op = std::get_if<ops::BatchNormalization>(&reader.op))
        found.scales.push_back(scale_of(reader, *op, *network.graph,
                                        static_cast<size_t>(channel_of(step, kernel, patch.element))));
    }
    if (network.draft.output.value == step.output) found.feeds.emplace_back("the scores");
  }
}

FaultExplanation explain_static(const OpNetwork& network, const Model& model, const FaultList& faults,
                                size_t row) {
  const Graph& graph = *network.graph;
  if (!is_plain(faults[row])) {
    throw Error(ErrorKind::usage,
                fmt::format("fault {}: expected one bit of one element of a kernel, which is "
                            "what can be explained; found another fault",
                            faults[row].id));
  }
  const Patch& patch = patches_of(faults)[row].front();
  const Layer& layer = layer_of(graph, patch);
  const Fault& fault = faults[row];
  FaultExplanation found{.fault = fault, .model = model.source(), .layer = layer.path};
  found.class_name = layer.class_name;
  const Weight& kernel = graph.weights[static_cast<size_t>(patch.weight)];
  found.kernel_shape = kernel.shape.dims();
  found.storage = kernel.storage;
  const std::vector<size_t> holders = network.holders(patch.weight);
  const bool is_depthwise =
      !holders.empty() && std::holds_alternative<ops::DepthwiseConv2D>(network.draft.steps[holders[0]].op);
  found.position = position_of(fault.parts.front().index, is_depthwise);
  const int bit = flipped_bit(fault);
  const uint32_t code = stored_code(kernel, static_cast<size_t>(patch.element));
  found.before = fields_of(kernel.storage, code, patch.old_bits);
  found.after = fields_of(kernel.storage, code ^ uint32_t{1} << bit, patch.new_bits);
  found.change = change_of(kernel.storage, patch.old_bits, patch.new_bits, bit);
  add_neighbours(network, patch, found);
  found.reach = reach_of(network, patch);
  for (const PlanStep& step : network.plan.parts().steps) found.multiply_adds += step.kernel->multiply_adds();
  return found;
}

void check_row(const FaultList& faults, size_t row) {
  if (row >= faults.size())
    throw Error(ErrorKind::usage,
                fmt::format("no row {}: the list has {}, counted from 0", row, faults.size()));
}

int output_named(const Graph& graph, const std::string& name, const std::string& model) {
  if (name.empty()) return 0;
  const auto found = std::find(graph.output_names.begin(), graph.output_names.end(), name);
  if (found != graph.output_names.end()) return static_cast<int>(found - graph.output_names.begin());
  throw ModelError(fmt::format("{}: no output '{}' (`output`); the model has {}", model, printable(name),
                               fmt::join(graph.output_names, ", ")));
}

}  // namespace

const char* bit_change_name(BitChange change) {
  static constexpr std::array kNames{"mantissa",    "exponent_up", "exponent_down", "sign",     "becomes_inf",
                                     "becomes_nan", "was_inf",     "was_nan",       "magnitude"};
  return kNames[static_cast<size_t>(change)];
}

const char* end_cause_name(EndCause cause) {
  static constexpr std::array<const char*, kEndCauses> kNames{"unseen", "clipped", "pooled", "rounded",
                                                              "dropped"};
  return kNames[static_cast<size_t>(cause)];
}

int64_t FaultSpread::ended(EndCause cause) const noexcept {
  int64_t sum = 0;
  for (const StepSpread& step : steps) sum += step.cause == cause ? step.ended : 0;
  return sum;
}

FaultExplanation explain(const Model& model, const FaultList& faults, size_t row, const std::string& output) {
  return guarded([&] {
    check_model(faults, model);
    check_row(faults, row);
    const Graph& graph = model.data()->graph;
    const OpNetwork network(graph, output_named(graph, output, model.source()), KernelSet::automatic);
    return explain_static(network, model, faults, row);
  });
}

FaultExplanation explain(Session& session, const FaultList& faults, size_t row,
                         const std::atomic<bool>* stop) {
  return guarded([&] {
    const Session::State& state = session.state();
    check_model(faults, state.model);
    check_row(faults, row);
    const Graph& graph = state.model.data()->graph;
    const OpNetwork network(graph, output_named(graph, state.options.output, state.model.source()),
                            state.options.kernels);
    FaultExplanation found = explain_static(network, state.model, faults, row);
    found.spread = spread_of(state, network, patches_of(faults)[row].front(), stop);
    return found;
  });
}

}  // namespace tf_injector
