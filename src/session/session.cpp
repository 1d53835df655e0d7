#include "tf_injector/session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "core/parallel.hpp"
#include "core/printable.hpp"
#include "data/dataset_hash.hpp"
#include "data/preprocess.hpp"
#include "engine/tiles.hpp"
#include "graph/decision_threshold.hpp"
#include "metrics/tally.hpp"
#include "session/guarded.hpp"
#include "session/model_data.hpp"
#include "session/pair_run.hpp"
#include "session/session_state.hpp"
#include "tf_injector/datasets.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {

using namespace detail;
namespace {

void require(bool condition, const std::string& otherwise) {
  if (!condition) throw Error(ErrorKind::usage, otherwise);
}

void require_at_least(const char* option, int64_t value, int64_t least) {
  require(value >= least, fmt::format("{}: expected a number from {}, found {}", option, least, value));
}

void require_finite(const char* option, const std::array<float, 3>& values) {
  for (float value : values)
    require(std::isfinite(value), fmt::format("{}: expected three numbers, found {}", option, value));
}

void check_normalization(const PreprocessOptions& options) {
  require(!options.mean || options.std, "`mean` needs `std` as well");
  require(!options.std || options.mean, "`std` needs `mean` as well");
  if (!options.mean) return;
  require_finite("`mean`", *options.mean);
  require_finite("`std`", *options.std);
  for (float value : *options.std) require(value > 0.0f, "`std`: every number must be greater than 0");
}

int output_of(const Graph& graph, const std::string& name, const std::string& model) {
  if (name.empty()) return 0;
  const auto found = std::find(graph.output_names.begin(), graph.output_names.end(), name);
  if (found != graph.output_names.end()) return static_cast<int>(found - graph.output_names.begin());
  throw ModelError(fmt::format("{}: no output '{}' (`output`); the model has {}", model, name,
                               fmt::join(graph.output_names, ", ")));
}

Decision decision_of(const Graph& graph, const Plan& plan, int output) {
  if (plan.classes() != 1) return Decision();
  return Decision(decision_threshold(graph, graph.outputs[static_cast<size_t>(output)]));
}

void add_remarks(Session::State& state) {
  state.remarks = state.feed.remarks();
  state.remarks.push_back("preprocessing: " + state.preprocessing.text());
  if (const auto threshold = state.decision.threshold()) {
    state.remarks.push_back(
        fmt::format("one output unit: class 1 where its score is above {} ({}), else class 0", *threshold,
                    *threshold > 0 ? "a probability" : "a logit"));
  }
  state.warnings = state.preprocessing.warnings;
  const std::vector<std::string>& lost = state.feed.warnings();
  state.warnings.insert(state.warnings.end(), lost.begin(), lost.end());
}

std::unique_ptr<Session::State> make_state(Model model, Dataset dataset, SessionOptions options,
                                           RunTuning tuning) {
  check_options(options);
  if (dataset.sha256.empty()) dataset.sha256 = data::dataset_sha256(dataset);
  const Graph& graph = model.data()->graph;
  const int output = output_of(graph, options.output, model.source());
  const auto place = static_cast<size_t>(output);
  const ThreadBudget budget =
      options.threads > 0 ? ThreadBudget{options.threads, "as asked"} : thread_budget();
  Plan plan = Plan::compile(graph, {.kernels = options.kernels, .output = output});
  PreprocessChoice preprocessing = choose_preprocessing(options.preprocess, dataset, graph, plan.inputs());
  const Decision decision = decision_of(graph, plan, output);
  ImageFeed feed(std::move(dataset), plan.inputs(), decision.classes(plan.classes()),
                 {.inputs = preprocessing.inputs, .limit = options.limit});
  std::string output_name = place < graph.output_names.size() ? graph.output_names[place] : "";
  auto state = std::make_unique<Session::State>(
      Session::State{.model = std::move(model),
                     .options = std::move(options),
                     .tuning = std::move(tuning),
                     .budget = budget,
                     .output = std::move(output_name),
                     .output_number = output,
                     .plan = std::move(plan),
                     .decision = decision,
                     .confidence = Confidence(decision, is_probability(graph, graph.outputs[place])),
                     .preprocessing = std::move(preprocessing),
                     .feed = std::move(feed),
                     .remarks = {},
                     .warnings = {}});
  add_remarks(*state);
  return state;
}

}  // namespace

void check_options(const SessionOptions& options) {
  require_at_least("`batch_size`", options.batch_size, 1);
  require_at_least("`limit`", options.limit.value_or(1), 1);
  require_at_least("`threads`", options.threads, 0);
  require_at_least("`tile`", options.tile, 0);
  check_normalization(options.preprocess);
  require(
      options.preprocess.mode != PreprocessOptions::Mode::none || !options.preprocess.mean,
      "`preprocess` none feeds the values as they are, `mean` and `std` normalise them: give one of them");
  const std::string& set = options.preprocess.dataset;
  require(set.empty() || data::normalization_of(set).has_value(),
          fmt::format("`dataset`: expected one of {}, found '{}'", fmt::join(dataset_names(), ", "),
                      printable(set)));
}

Session detail::make_session(Model model, Dataset dataset, SessionOptions options, RunTuning tuning) {
  return guarded([&] {
    return Session(make_state(std::move(model), std::move(dataset), std::move(options), std::move(tuning)));
  });
}

Session::Session(Model model, Dataset dataset, SessionOptions options)
    : Session(make_session(std::move(model), std::move(dataset), std::move(options), {})) {}
Session::Session(std::unique_ptr<State> state) : state_(std::move(state)) {}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

const Model& Session::model() const noexcept { return state_->model; }
const Dataset& Session::dataset() const noexcept { return state_->feed.dataset(); }
const SessionOptions& Session::options() const noexcept { return state_->options; }
int64_t Session::images() const noexcept { return state_->images(); }
int64_t Session::classes() const noexcept { return state_->decision.classes(state_->plan.classes()); }
int64_t Session::scores_per_image() const noexcept { return state_->plan.classes(); }
KernelSet Session::kernels() const noexcept { return state_->plan.kernels(); }
std::string Session::preprocessing() const { return state_->preprocessing.text(); }
const std::vector<std::string>& Session::remarks() const noexcept { return state_->remarks; }
const std::vector<std::string>& Session::warnings() const noexcept { return state_->warnings; }

uint64_t Session::memory_bytes() const noexcept { return state_->memory_bytes(); }

ImageTile Session::tile(std::span<const int64_t> images) const {
  ImageTile tile;
  for (const int64_t image : images) {
    check_image(*state_, image);
    const Tile one = tile_at(image, 1, this->images(), state_->options.batch_size);
    tile.push_back({image, {one.batch, one.batch_index}});
  }
  return tile;
}

ImageTile Session::tile(int64_t first, int64_t count) const {
  require(first >= 0 && count >= 0 && first <= this->images() && count <= this->images() - first,
          fmt::format("no {} images from {} on: there are {}, counted from 0", count, first, this->images()));
  std::vector<int64_t> images(static_cast<size_t>(count));
  std::iota(images.begin(), images.end(), first);
  return tile(images);
}

std::vector<float> Session::golden(const ImageTile& tile, const std::atomic<bool>* stop) {
  return guarded([&] { return golden_scores(*state_, tile, stop); });
}

std::vector<float> Session::scores(const FaultList& faults, std::span<const Pair> pairs,
                                   const std::atomic<bool>* stop) {
  return guarded([&] { return pair_scores(*state_, faults, pairs, stop); });
}

std::vector<Tally> Session::tallies(const FaultList& faults, std::span<const Pair> pairs,
                                    const std::atomic<bool>* stop) {
  return guarded([&] { return pair_tallies(*state_, faults, pairs, stop); });
}

std::vector<Tally> Session::golden_tallies(const ImageTile& tile, const std::atomic<bool>* stop) {
  return guarded([&] {
    const std::vector<float> scores = golden_scores(*state_, tile, stop);
    std::vector<Tally> tallies;
    for (size_t i = 0; i < tile.size(); ++i) {
      const auto row = std::span(scores).subspan(i * state_->classes(), state_->classes());
      tallies.push_back(tally_row(row, {}, 0, state_->feed.label(tile[i].image), state_->decision));
    }
    return tallies;
  });
}

}  // namespace tf_injector
