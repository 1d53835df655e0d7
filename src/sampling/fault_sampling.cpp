#include "tf_injector/fault_sampling.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>
#include <set>
#include <utility>

#include "core/json.hpp"
#include "core/printable.hpp"
#include "core/problem_lines.hpp"
#include "core/stop.hpp"
#include "fault/layer_names.hpp"
#include "io/file.hpp"
#include "io/sha256.hpp"
#include "sampling/draw.hpp"
#include "sampling/fault_text.hpp"
#include "sampling/published.hpp"
#include "sampling/sample_size.hpp"
#include "session/guarded.hpp"
#include "session/list_data.hpp"
#include "session/model_data.hpp"
#include "tf_injector/error.hpp"
#include "tf_injector/version.hpp"

namespace tf_injector {

using namespace detail;

namespace {

struct SchemeRow {
  SamplingScheme scheme;
  const char* name;
};
constexpr SchemeRow kSchemes[] = {
    {SamplingScheme::network_wise, "network-wise"}, {SamplingScheme::layer_wise, "layer-wise"},
    {SamplingScheme::data_unaware, "data-unaware"}, {SamplingScheme::data_aware, "data-aware"},
    {SamplingScheme::exhaustive, "exhaustive"},     {SamplingScheme::published, "published"}};

void require_between(const char* option, double value) {
  if (value > 0 && value < 1) return;
  throw Error(ErrorKind::usage,
              fmt::format("`{}`: expected a number above 0 and below 1, found {}", option, value));
}

}  // namespace

struct SamplingPlan::Data {
  // A stratum as it is drawn: some of the plan's kernels, some of its bits.
  struct Drawn {
    size_t first_kernel, end_kernel;
    std::vector<int> bits;
    int64_t faults;
  };

  Model model;
  SamplingOptions options;
  double t = 0;
  std::vector<int> bits = {};
  std::vector<SampledKernel> kernels = {};
  std::vector<const Weight*> weights = {};  // of the kernels
  std::vector<SamplingStratum> strata = {};
  std::vector<Drawn> drawn = {};
};

namespace {

// A kernel that faults can hit, and the layer that has it.
struct Candidate {
  const Layer* layer;
  const Weight* kernel;
};

std::vector<Candidate> candidates(const Model& model) {
  const Graph& graph = model.data()->graph;
  std::vector<Candidate> all;
  for (const Layer& layer : graph.layers) {
    if (!layer.injectable || layer.weights.empty()) continue;
    all.push_back({&layer, &graph.weights.at(static_cast<size_t>(layer.weights.front()))});
  }
  if (all.empty())
    throw ModelError(fmt::format(
        "{}: no layer has a kernel that faults can hit; expected a Conv2D or Dense layer", model.source()));
  return all;
}

// Those that are named, in the order of the model.
std::vector<Candidate> chosen_candidates(const Model& model, const std::vector<std::string>& names) {
  std::vector<Candidate> all = candidates(model);
  if (names.empty()) return all;
  const Graph& graph = model.data()->graph;
  const LayerNames known(graph);
  std::set<const Layer*> chosen;
  ProblemLines problems;
  for (const std::string& name : names) {
    const auto [match, index] = known.find(name);
    const Layer* layer =
        match == LayerNames::Match::one ? &graph.layers[static_cast<size_t>(index)] : nullptr;
    if (layer != nullptr && layer->injectable) {
      chosen.insert(layer);
    } else if (match == LayerNames::Match::several) {
      problems.add(
          fmt::format("`layers`: '{}' is the name of several layers; expected one of the full paths {}",
                      printable(name), known.choices(name)));
    } else {
      const std::string nearest = known.nearest_injectable(name);
      problems.add(fmt::format("`layers`: expected Conv2D or Dense layers of the model, found '{}'{}",
                               printable(name),
                               nearest.empty() ? "" : fmt::format(" (nearest: '{}')", nearest)));
    }
  }
  if (!problems.empty()) throw FaultListError(problems.text());
  std::erase_if(all, [&](const Candidate& c) { return chosen.count(c.layer) == 0; });
  return all;
}

// The published lists take the layers in the order in which the network is written, branch by branch; the
// model file has them as Keras sorts them, by depth.
void sort_as_published(const Graph& graph, std::vector<Candidate>& all) {
  const std::vector<size_t> order = published_order(graph);
  std::sort(all.begin(), all.end(), [&](const Candidate& a, const Candidate& b) {
    const auto rank = [&](const Candidate& c) {
      return order[static_cast<size_t>(c.layer - graph.layers.data())];
    };
    return rank(a) < rank(b);
  });
}

std::vector<int> chosen_bits(const std::vector<int>& bits, StorageFormat storage) {
  const int all = storage_bits(storage);
  std::set<int> chosen(bits.begin(), bits.end());
  for (int bit : chosen) {
    if (bit >= 0 && bit < all) continue;
    const std::string range = storage == StorageFormat::float32
                                  ? fmt::format("0 (lowest mantissa bit) to {} (sign)", all - 1)
                                  : fmt::format("0 to {} (sign) of {}", all - 1, storage_name(storage));
    throw Error(ErrorKind::usage, fmt::format("`bits`: expected {}, found {}", range, bit));
  }
  if (chosen.empty())
    for (int bit = 0; bit < all; ++bit) chosen.insert(bit);
  return {chosen.begin(), chosen.end()};
}

void check(const SamplingOptions& options, StorageFormat storage) {
  require_between("error", options.error);
  require_between("confidence", options.confidence);
  require_between("p", options.p);
  const SamplingOptions usual;
  const bool has_sizes =
      options.error != usual.error || options.confidence != usual.confidence || options.p != usual.p;
  const auto refuse = [](bool is_wrong, const char* text) {
    if (is_wrong) throw Error(ErrorKind::usage, text);
  };
  refuse(options.faults && has_sizes,
         "`n` stands instead of `error`, `confidence` and `p`: give one of them");
  refuse(options.faults && *options.faults < 1, "`n`: expected a number of faults from 1");
  refuse(options.scheme == SamplingScheme::exhaustive && (has_sizes || options.faults),
         "`scheme` exhaustive takes every fault: `n`, `error`, `confidence` and `p` decide nothing");
  refuse(options.scheme == SamplingScheme::data_aware && (options.faults || options.p != usual.p),
         "`scheme` data-aware finds p from the weights: `n` and `p` cannot be given");
  refuse(options.scheme == SamplingScheme::published &&
             (has_sizes || options.faults || options.seed != usual.seed || !options.layers.empty() ||
              !options.bits.empty()),
         "`published` is one fixed procedure: nothing else can be chosen beside it");
  refuse(options.scheme == SamplingScheme::published && storage != StorageFormat::float32,
         "`published` draws bits of float32: `storage` cannot be another format");
}

// Strata without numbers of faults.
void divide(SamplingPlan::Data& plan) {
  const SamplingScheme scheme = plan.options.scheme;
  const bool by_bit = scheme == SamplingScheme::data_unaware || scheme == SamplingScheme::data_aware;
  const bool by_layer = by_bit || scheme == SamplingScheme::layer_wise || scheme == SamplingScheme::published;
  const auto all_bits = static_cast<size_t>(storage_bits(plan.model.storage()));
  const std::vector<double> p = scheme == SamplingScheme::data_aware
                                    ? bit_probabilities(plan.weights)
                                    : std::vector<double>(all_bits, plan.options.p);
  const auto add = [&](std::string layer, size_t first, size_t end, std::vector<int> bits) {
    int64_t elements = 0;
    for (size_t k = first; k < end; ++k) elements += plan.kernels[k].elements;
    plan.strata.push_back({.layer = std::move(layer),
                           .bit_first = bits.front(),
                           .bit_last = bits.back(),
                           .population = elements * static_cast<int64_t>(bits.size()),
                           .faults = 0,
                           .p = p[static_cast<size_t>(bits.front())],
                           .margin = 0});
    plan.drawn.push_back({.first_kernel = first, .end_kernel = end, .bits = std::move(bits), .faults = 0});
  };
  if (!by_layer) return add("", 0, plan.kernels.size(), plan.bits);
  for (size_t k = 0; k < plan.kernels.size(); ++k) {
    if (!by_bit) {
      add(plan.kernels[k].name, k, k + 1, plan.bits);
    } else {
      for (int bit : plan.bits) add(plan.kernels[k].name, k, k + 1, {bit});
    }
  }
}

// Shares `faults` out by the strata's sizes: what is left of whole numbers goes to the largest fractions.
void share_out(std::vector<SamplingStratum>& strata, int64_t faults) {
  int64_t all = 0, given = 0;
  for (const SamplingStratum& s : strata) all += s.population;
  if (faults > all)
    throw Error(ErrorKind::usage,
                fmt::format("`n`: expected at most the {} faults that there are, found {}", all, faults));
  std::vector<std::pair<int64_t, size_t>> fractions;
  for (size_t i = 0; i < strata.size(); ++i) {
    __extension__ using Wide = __int128;
    const Wide exact = static_cast<Wide>(faults) * strata[i].population;
    strata[i].faults = static_cast<int64_t>(exact / all);
    given += strata[i].faults;
    fractions.emplace_back(-static_cast<int64_t>(exact % all), i);
  }
  std::sort(fractions.begin(), fractions.end());
  for (size_t i = 0; given < faults; ++i, ++given) ++strata[fractions[i].second].faults;
}

void size_strata(SamplingPlan::Data& plan) {
  const SamplingOptions& options = plan.options;
  if (options.scheme == SamplingScheme::published) {
    const std::vector<int64_t> counts = published_counts(plan.kernels);
    for (size_t i = 0; i < counts.size(); ++i) {
      plan.strata[i].faults = counts[i];
      if (counts[i] <= plan.strata[i].population) continue;
      throw Error(
          ErrorKind::usage,
          fmt::format(
              "`published`: the procedure asks for {} different faults of '{}', which has {}; the network "
              "is too small for it, `scheme` exhaustive takes all",
              counts[i], plan.strata[i].layer, plan.strata[i].population));
    }
  } else if (options.faults) {
    share_out(plan.strata, *options.faults);
  } else {
    for (SamplingStratum& s : plan.strata) {
      const auto n = static_cast<int64_t>(
          std::nearbyint(sample_size(static_cast<double>(s.population), options.error, plan.t, s.p)));
      const bool is_all = options.scheme == SamplingScheme::exhaustive;
      s.faults = is_all ? s.population : std::clamp<int64_t>(n, 1, s.population);
    }
  }
  for (size_t i = 0; i < plan.strata.size(); ++i) {
    SamplingStratum& s = plan.strata[i];
    plan.drawn[i].faults = s.faults;
    s.margin = margin_of(s.population, s.faults, plan.t, s.p);
  }
}

std::shared_ptr<const SamplingPlan::Data> make_plan(Model model, SamplingOptions options) {
  check(options, model.storage());
  auto plan = std::make_shared<SamplingPlan::Data>(
      SamplingPlan::Data{.model = std::move(model), .options = std::move(options)});
  plan->t = normal_quantile(plan->options.confidence);
  plan->bits = chosen_bits(plan->options.bits, plan->model.storage());
  const LayerNames names(plan->model.data()->graph);
  std::vector<Candidate> chosen = chosen_candidates(plan->model, plan->options.layers);
  if (plan->options.scheme == SamplingScheme::published) sort_as_published(plan->model.data()->graph, chosen);
  for (const auto& [layer, kernel] : chosen) {
    plan->kernels.push_back(
        {.name = names.name_of(*layer), .shape = kernel->shape.dims(), .elements = kernel->shape.elements()});
    plan->weights.push_back(kernel);
  }
  divide(*plan);
  size_strata(*plan);
  return plan;
}

void draw_stratum(const SamplingPlan::Data& plan, const SamplingPlan::Data::Drawn& stratum,
                  int64_t population, PythonRandom& random, FaultText& text, const std::atomic<bool>* stop) {
  const auto bits = static_cast<int64_t>(stratum.bits.size());
  size_t kernel = stratum.first_kernel;
  int64_t before = 0;  // faults of the stratum in the kernels before this one
  const auto give = [&](int64_t number) {
    while (number - before >= plan.kernels[kernel].elements * bits)
      before += plan.kernels[kernel++].elements * bits;
    const int64_t inside = number - before;
    text.add(plan.kernels[kernel], inside / bits, stratum.bits[static_cast<size_t>(inside % bits)]);
  };
  draw_without_replacement(random, population, stratum.faults, give, stop);
}

}  // namespace

const char* sampling_scheme_name(SamplingScheme scheme) {
  for (const SchemeRow& row : kSchemes)
    if (row.scheme == scheme) return row.name;
  return "";
}

std::optional<SamplingScheme> sampling_scheme_named(std::string_view name) {
  for (const SchemeRow& row : kSchemes)
    if (row.name == name) return row.scheme;
  return std::nullopt;
}

SamplingPlan::SamplingPlan(Model model, SamplingOptions options)
    : data_(guarded([&] { return make_plan(std::move(model), std::move(options)); })) {}

const SamplingOptions& SamplingPlan::options() const noexcept { return data_->options; }
std::span<const SamplingStratum> SamplingPlan::strata() const noexcept { return data_->strata; }
double SamplingPlan::t() const noexcept { return data_->t; }

int64_t SamplingPlan::population() const noexcept {
  int64_t sum = 0;
  for (const SamplingStratum& s : data_->strata) sum += s.population;
  return sum;
}

int64_t SamplingPlan::faults() const noexcept {
  int64_t sum = 0;
  for (const SamplingStratum& s : data_->strata) sum += s.faults;
  return sum;
}

std::string SamplingPlan::json(const std::string& list_sha256) const {
  const SamplingOptions& options = data_->options;
  Json strata = Json::array(), bits = Json::array(), layers = Json::array();
  for (int bit : data_->bits) bits.push_back(bit);
  for (const SampledKernel& kernel : data_->kernels) layers.push_back(kernel.name);
  for (const SamplingStratum& s : data_->strata) {
    strata.push_back({{"layer", s.layer.empty() ? Json(nullptr) : Json(s.layer)},
                      {"bit_first", s.bit_first},
                      {"bit_last", s.bit_last},
                      {"population", s.population},
                      {"faults", s.faults},
                      {"p", s.p},
                      {"margin", s.margin}});
  }
  Json plan{{"schema", kPlanSchema},
            {"tool", std::string("tf_injector ") + version()},
            {"scheme", sampling_scheme_name(options.scheme)},
            {"seed", options.seed},
            {"error", options.error},
            {"confidence", options.confidence},
            {"t", data_->t},
            {"n", options.faults ? Json(*options.faults) : Json(nullptr)},
            {"layers", std::move(layers)},
            {"bits", std::move(bits)},
            {"population", population()},
            {"faults", faults()},
            {"strata", std::move(strata)},
            {"model_sha256", data_->model.sha256()},
            {"list_sha256", list_sha256}};
  const StorageFormat storage = data_->model.storage();
  if (storage != StorageFormat::float32) plan["storage"] = storage_name(storage);
  return plan.dump(1) + "\n";
}

void SamplingPlan::write(const std::function<void(std::string_view)>& text,
                         const std::atomic<bool>* stop) const {
  guarded([&] {
    FaultText rows(text);
    if (data_->options.scheme == SamplingScheme::published) {
      draw_published(data_->kernels, rows, stop);
    } else {
      PythonRandom random(data_->options.seed);
      for (size_t i = 0; i < data_->drawn.size(); ++i)
        draw_stratum(*data_, data_->drawn[i], data_->strata[i].population, random, rows, stop);
    }
    rows.finish();
  });
}

std::string SamplingPlan::csv(const std::atomic<bool>* stop) const {
  return guarded([&] {
    std::string text;
    write([&](std::string_view piece) { text += piece; }, stop);
    return text;
  });
}

void SamplingPlan::write_files(const std::string& path, bool overwrite, const std::atomic<bool>* stop) const {
  guarded([&] {
    const std::string plan_path = path + ".plan.json";
    for (const std::string& target : {path, plan_path}) {
      if (!overwrite && file_exists(target))
        throw OutputError(fmt::format("'{}' is there already; `overwrite` replaces it", target));
    }
    prepare_folder_for(path);
    AtomicFile file(path), plan_file(plan_path);
    Sha256 hash;
    write(
        [&](std::string_view piece) {
          hash.update(piece.data(), piece.size());
          file.write(piece);
        },
        stop);
    plan_file.write(json(hash.hex()));
    plan_file.commit();  // a plan without its list harms nobody: it names the list by its hash
    file.commit();
  });
}

}  // namespace tf_injector
