#include "estimate/fault_strata.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "fault/layer_names.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Its flips multiply small weights by 2^128, of float16 by 2^16; -1: there is no exponent.
int top_exponent_bit(StorageFormat storage) {
  return storage == StorageFormat::int8 ? -1 : storage_bits(storage) - 2;
}

// What is believed of the faults of a bit before any is drawn: the highest bit of the exponent changes nearly
// every decision or none, all others hardly any.
struct Prior {
  double mean, variance;
};
Prior prior_of(EstimateMetric metric, bool is_top_exponent) {
  switch (metric) {
    case EstimateMetric::critical:
    case EstimateMetric::sdc5:
      return is_top_exponent ? Prior{0.4, 0.2} : Prior{0, 0.0005};
    case EstimateMetric::due:
      return is_top_exponent ? Prior{0.1, 0.1} : Prior{0, 0.0005};
    case EstimateMetric::masked:
    case EstimateMetric::non_critical:
      return {0.5, 0.1};
  }
  return {0.5, 0.1};
}

// The gamma of the BatchNormalization that alone reads what a layer with this kernel computes; or null.
const Weight* gamma_behind(const Graph& graph, WeightId kernel) {
  const Weight* found = nullptr;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const Op& op = graph.nodes[i].op;
    const auto* conv = std::get_if<ops::Conv2D>(&op);
    const auto* dense = std::get_if<ops::Dense>(&op);
    if ((conv == nullptr || conv->kernel != kernel) && (dense == nullptr || dense->kernel != kernel))
      continue;
    for (const Node& reader : graph.nodes) {
      const bool reads = std::find(reader.inputs.begin(), reader.inputs.end(), static_cast<NodeId>(i)) !=
                         reader.inputs.end();
      if (!reads) continue;
      const auto* norm = std::get_if<ops::BatchNormalization>(&reader.op);
      if (norm == nullptr || norm->gamma == kNoWeight) return nullptr;
      found = &graph.weights[static_cast<size_t>(norm->gamma)];
    }
  }
  return found;
}

}  // namespace

FaultPopulation::FaultPopulation(const Graph& graph, const std::string& source) : storage_(graph.storage) {
  const LayerNames names(graph);
  for (const Layer& layer : graph.layers) {
    if (!layer.injectable || layer.weights.empty()) continue;
    const WeightId id = layer.weights.front();
    const Weight& weight = graph.weights[static_cast<size_t>(id)];
    kernels_.push_back({.layer = names.name_of(layer), .weight = &weight, .first = signs_.size()});
    const Weight* gamma = gamma_behind(graph, id);
    const size_t channels = static_cast<size_t>(weight.shape.dims().back());
    for (size_t i = 0; i < weight.values.size(); ++i) {
      const bool flips =
          gamma != nullptr && gamma->values.size() == channels && std::signbit(gamma->values[i % channels]);
      signs_.add(std::signbit(weight.values[i]) != flips);
    }
  }
  if (kernels_.empty())
    throw ModelError(fmt::format(
        "{}: no layer has a kernel that faults can hit; expected a Conv2D or Dense layer", source));
}

int64_t FaultPopulation::faults(size_t first_kernel, size_t end_kernel, int bits) const {
  const int64_t end = end_kernel == kernels_.size() ? signs_.size() : kernels_[end_kernel].first;
  return (end - kernels_[first_kernel].first) * bits;
}

std::vector<FaultStratum> FaultPopulation::strata(size_t first_kernel, size_t end_kernel, int first_bit,
                                                  int last_bit, const EstimateOptions& options) const {
  using Part = FaultStratum::Part;
  const bool is_wide = options.metric == EstimateMetric::masked ||
                       options.metric == EstimateMetric::non_critical;  // layers differ as much as bits do
  const bool by_sign = options.split_by_sign && !is_wide;
  const int top_exponent = top_exponent_bit(storage_);
  std::vector<FaultStratum> strata;
  const auto add = [&](size_t first, size_t end, int bit, Part part) {
    const int64_t begin = kernels_[first].first, stop = begin + faults(first, end, 1);
    const auto [mean, variance] = prior_of(options.metric, bit == top_exponent);
    const int64_t count =
        part == Part::all ? stop - begin : signs_.count(part == Part::negative, begin, stop);
    if (count == 0) return;
    strata.push_back({.first_kernel = first,
                      .end_kernel = end,
                      .bit = bit,
                      .part = part,
                      .faults = count,
                      .mean = mean,
                      .variance = variance});
  };
  for (int bit = last_bit; bit >= first_bit; --bit) {
    if (is_wide) {
      for (size_t k = first_kernel; k < end_kernel; ++k) add(k, k + 1, bit, Part::all);
    } else if (by_sign && bit == top_exponent) {
      add(first_kernel, end_kernel, bit, Part::negative);
      add(first_kernel, end_kernel, bit, Part::positive);
    } else {
      add(first_kernel, end_kernel, bit, Part::all);
    }
  }
  return strata;
}

Fault FaultPopulation::fault(const FaultStratum& stratum, int64_t number, int64_t id) const {
  using Part = FaultStratum::Part;
  const int64_t begin = kernels_[stratum.first_kernel].first;
  const int64_t element =
      stratum.part == Part::all ? begin + number : signs_.find(stratum.part == Part::negative, begin, number);
  const auto after = std::upper_bound(kernels_.begin(), kernels_.end(), element,
                                      [](int64_t e, const Kernel& kernel) { return e < kernel.first; });
  const Kernel& kernel = *(after - 1);
  const auto& dims = kernel.weight->shape.dims();
  std::vector<int64_t> index(dims.size());
  int64_t rest = element - kernel.first;
  for (size_t axis = dims.size(); axis-- > 0; rest /= dims[axis]) index[axis] = rest % dims[axis];
  return bit_flip(id, kernel.layer, std::move(index), stratum.bit);
}

}  // namespace tf_injector::detail
