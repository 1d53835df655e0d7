#include "answers/sample_design.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/printable.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kUnknownElements = 1e12;  // so many that what was drawn is no part of them

// A stratum of a plan.
struct PlanStratum {
  std::string layer;  // "": all
  int bit_first = 0, bit_last = 0;
};

struct PlanText {
  std::string scheme;
  std::vector<std::string> layers;
  std::vector<int> bits;
  std::vector<PlanStratum> strata;
  int64_t faults = 0;
  std::optional<double> error, confidence;
  std::optional<int64_t> seed;
};

int bit_of(const Json& json, StorageFormat storage) {
  if (!json.is_integer_within(0, storage_bits(storage) - 1))
    throw JsonError("a bit that there is not: " + printable(json.dump()));
  return json.get<int>();
}

double share_of(const Json& json) {
  const auto share = json.get<double>();
  if (!(share > 0 && share < 1)) throw JsonError("no number between 0 and 1: " + printable(json.dump()));
  return share;
}

void require_storage(const Json& plan, StorageFormat storage) {
  const Json* found = plan.find("storage");  // plans of float32 do not say it
  const std::string format = found == nullptr ? storage_name(StorageFormat::float32) : found->text();
  if (format != storage_name(storage)) {
    throw JsonError(fmt::format("one of weights that are stored in {}, where the report's are stored in {}",
                                printable(format), storage_name(storage)));
  }
}

PlanText parse_plan(const std::string& text, StorageFormat storage, const std::string& label) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  try {
    const Json json = Json::parse(text);
    PlanText plan;
    require_storage(json, storage);
    json.at("scheme").get_to(plan.scheme);
    json.at("faults").get_to(plan.faults);
    for (const Json& layer : json.at("layers")) plan.layers.push_back(layer.text());
    for (const Json& bit : json.at("bits")) plan.bits.push_back(bit_of(bit, storage));
    const bool by_number = json.contains("n") && !json.at("n").is_null();
    if (!by_number) plan.error = share_of(json.at("error"));
    plan.confidence = share_of(json.at("confidence"));
    const Json& seed = json.at("seed");
    if (!seed.is_number_integer()) throw JsonError("no seed: " + printable(seed.dump()));
    if (seed.is_integer_within(0, kMost)) plan.seed = seed.get<int64_t>();
    for (const Json& stratum : json.at("strata")) {
      const Json& layer = stratum.at("layer");
      plan.strata.push_back({.layer = layer.is_null() ? "" : layer.text(),
                             .bit_first = bit_of(stratum.at("bit_first"), storage),
                             .bit_last = bit_of(stratum.at("bit_last"), storage)});
    }
    return plan;
  } catch (const JsonError& error) {
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: expected the plan of a fault list, found {}", label, error.what()));
  }
}

std::string leaf_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

double elements_of(const KernelLayer& layer) {
  double elements = 1;
  for (const int64_t size : layer.kernel_shape) elements *= static_cast<double>(size);
  return elements;
}

const std::string& layer_of(const ReportRow& row) { return row.fault.parts.front().layer; }

class DesignMaker {
 public:
  DesignMaker(std::span<const ReportRow> rows, const DesignSources& sources, const std::string& label)
      : rows_(rows), sources_(sources), label_(label) {}

  SampleDesign make() {
    if (!sources_.plan.empty()) plan_ = parse_plan(sources_.plan, sources_.storage, label_);
    design_.storage = sources_.storage;
    add_layers();
    if (plan_ && plan_->faults != static_cast<int64_t>(rows_.size())) {
      design_.remarks.push_back(
          fmt::format("The report has {} faults, its list was drawn with {}: how those of the report were "
                      "chosen among them is not known.",
                      rows_.size(), plan_->faults));
      plan_.reset();
    }
    add_cells();
    add_groups();
    place_rows();
    return std::move(design_);
  }

 private:
  // Layers of the model, or, where it is not known, of the report.
  void add_layers() {
    std::vector<std::string> of_report;
    std::set<std::string> seen;
    for (const ReportRow& row : rows_)
      if (seen.insert(layer_of(row)).second) of_report.push_back(layer_of(row));
    design_.sizes_known = !sources_.layers.empty();
    if (!design_.sizes_known) {
      for (const std::string& name : of_report) {
        layer_ids_[name] = design_.layers.size();
        design_.layers.push_back({.name = name, .path = name, .elements = kUnknownElements});
      }
      design_.remarks.emplace_back(
          "How large the layers are is not known (no metadata beside the report, or old ones): the report's "
          "faults are taken for a small part of all.");
      return;
    }
    std::map<std::string, int> leaves;
    for (const KernelLayer& layer : sources_.layers) ++leaves[leaf_of(layer.name)];
    for (const KernelLayer& layer : sources_.layers) {
      const std::string leaf = leaf_of(layer.name);
      design_.layers.push_back({.name = leaves[leaf] == 1 ? leaf : layer.name,
                                .path = layer.name,
                                .elements = elements_of(layer)});
    }
    for (const std::string& name : of_report) {
      const size_t id = find_layer(name);
      layer_ids_[name] = id;
      design_.layers[id].name = name;
    }
  }

  [[nodiscard]] size_t find_layer(const std::string& name) const {
    const auto found = layer_ids_.find(name);
    if (found != layer_ids_.end()) return found->second;
    for (size_t i = 0; i < sources_.layers.size(); ++i)
      if (is_name_of(name, sources_.layers[i].name)) return i;
    throw Error(ErrorKind::bad_input,
                fmt::format("{}: expected the layers of the model, found '{}'", label_, printable(name)));
  }

  void add_cells() {
    std::set<size_t> layers;
    std::set<int, std::greater<>> bits;
    if (plan_) {
      for (const std::string& name : plan_->layers)
        if (design_.sizes_known || layer_ids_.contains(name)) layers.insert(find_layer(name));
      bits.insert(plan_->bits.begin(), plan_->bits.end());
    } else {
      for (size_t i = 0; i < design_.layers.size(); ++i) layers.insert(i);
      for (int bit = 0; bit < storage_bits(sources_.storage); ++bit) bits.insert(bit);
    }
    for (const size_t layer : layers) {
      for (const int bit : bits)
        design_.cells.push_back(
            {.layer = layer, .bit = bit, .group = 0, .population = design_.layers[layer].elements});
    }
  }

  void add_groups() {
    if (plan_) {
      design_.summary = {.scheme = plan_->scheme,
                         .source = "The plan that was written with the list.",
                         .error = plan_->error,
                         .confidence = plan_->confidence,
                         .seed = plan_->seed};
      if (plan_->strata.size() > 1 && design_.sizes_known) group_by_plan();
    } else if (design_.sizes_known && is_shared_out()) {
      design_.summary.scheme = "published";
      design_.summary.source =
          "No plan is known. Every layer has as many faults as its share of the weights asks for, as in the "
          "published lists.";
      for (DesignCell& cell : design_.cells) cell.group = cell.layer;
      design_.groups = design_.layers.size();
    } else {
      design_.summary.source = "No plan of the list is known.";
      design_.remarks.emplace_back(
          "How the list was drawn is not known. Rates are those of its faults; the intervals hold if these "
          "are "
          "a simple random sample of the network's bits.");
    }
  }

  void group_by_plan() {
    std::vector<std::pair<size_t, const PlanStratum*>> strata;  // with their layers
    for (const PlanStratum& stratum : plan_->strata)
      strata.emplace_back(stratum.layer.empty() ? SIZE_MAX : find_layer(stratum.layer), &stratum);
    for (DesignCell& cell : design_.cells) {
      const auto found = std::find_if(strata.begin(), strata.end(), [&](const auto& row) {
        return (row.first == SIZE_MAX || row.first == cell.layer) && row.second->bit_first <= cell.bit &&
               cell.bit <= row.second->bit_last;
      });
      if (found == strata.end()) {
        throw Error(ErrorKind::bad_input,
                    fmt::format("{}: the list's plan has no stratum for bit {} of '{}'", label_, cell.bit,
                                printable(design_.layers[cell.layer].name)));
      }
      cell.group = static_cast<size_t>(found - strata.begin());
    }
    design_.groups = strata.size();
  }

  // Does every layer have its share of the faults, but for roundings? Chance alone would not do that.
  [[nodiscard]] bool is_shared_out() const {
    std::vector<double> counts(design_.layers.size());
    double all = 0;
    for (const ReportRow& row : rows_) ++counts[layer_ids_.at(layer_of(row))];
    for (const DesignLayer& layer : design_.layers) all += layer.elements;
    double chance = 1;  // that a simple random sample has all counts within one of these
    for (size_t i = 0; i < counts.size(); ++i) {
      const double part = design_.layers[i].elements / all, n = static_cast<double>(rows_.size());
      if (std::fabs(counts[i] - n * part) > 1) return false;
      constexpr double kTwoPi = 6.283185307179586;
      chance *= std::min(1.0, 3 / std::sqrt(kTwoPi * n * part * (1 - part)));
    }
    constexpr double kLeastChance = 1e-6;
    return chance < kLeastChance;
  }

  void place_rows() {
    std::map<std::pair<size_t, int>, size_t> cells;
    for (size_t i = 0; i < design_.cells.size(); ++i)
      cells[{design_.cells[i].layer, design_.cells[i].bit}] = i;
    for (const ReportRow& row : rows_) {
      const int bit = flipped_bit(row.fault);
      const auto found = cells.find({layer_ids_.at(layer_of(row)), bit});
      if (found == cells.end()) {
        throw Error(
            ErrorKind::bad_input,
            fmt::format("{}: fault {} (bit {} of '{}') is none of those that the list's plan draws from",
                        label_, row.fault.id, bit, printable(layer_of(row))));
      }
      design_.cell_of_row.push_back(found->second);
    }
    check_populations();
  }

  // More different faults than there are: indexes of another model.
  void check_populations() const {
    std::vector<double> rows(design_.cells.size());
    for (const size_t cell : design_.cell_of_row) {
      const DesignCell& of = design_.cells[cell];
      if (++rows[cell] <= of.population) continue;
      throw Error(ErrorKind::bad_input,
                  fmt::format("{}: expected at most {} faults in bit {} of '{}', as many as "
                              "it has weights, found more",
                              label_, of.population, of.bit, printable(design_.layers[of.layer].name)));
    }
  }

  std::span<const ReportRow> rows_;
  const DesignSources& sources_;
  const std::string& label_;
  std::optional<PlanText> plan_;
  std::map<std::string, size_t> layer_ids_;  // of the names in the report
  SampleDesign design_;
};

}  // namespace

// "conv", "middle/conv" and "/outer/middle/conv" are names of "outer/middle/conv".
bool is_name_of(const std::string& name, const std::string& path) {
  if (name == path) return true;
  if (name.starts_with('/')) return name.substr(1) == path;
  return path.size() > name.size() && path.ends_with(name) && path[path.size() - name.size() - 1] == '/';
}

SampleDesign sample_design(std::span<const ReportRow> rows, const DesignSources& sources,
                           const std::string& label) {
  return DesignMaker(rows, sources, label).make();
}

}  // namespace tf_injector::detail
