#include "session/setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

#include "core/parallel.hpp"
#include "graph/decision_threshold.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/preprocess_choice.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

// Of the memory that is free: other programs, and what no plan counts, want some too.
constexpr double kMemoryShare = 0.8;
// Beside what is counted: a row of the list and of the report, a thread's stack and pools, small things.
constexpr uint64_t kRowBytes = 512, kThreadBytes = 1 << 20, kFixedBytes = 1 << 20;

KernelSet kernel_set_of(const std::string& name) {
  std::string names;
  for (KernelSet set :
       {KernelSet::automatic, KernelSet::avx512, KernelSet::avx2, KernelSet::neon, KernelSet::scalar}) {
    if (name == kernel_set_name(set)) return set;
    names += std::string(names.empty() ? "" : ", ") + kernel_set_name(set);
  }
  throw Error(ErrorKind::usage, fmt::format("--kernels: expected one of {}, found '{}'", names, name));
}

int output_of(const Graph& graph, const std::string& name, const std::string& model) {
  if (name.empty()) return 0;
  const auto found = std::find(graph.output_names.begin(), graph.output_names.end(), name);
  if (found != graph.output_names.end()) return static_cast<int>(found - graph.output_names.begin());
  throw ModelError(fmt::format("{}: no output '{}' (--output); the model has {}", model, name,
                               fmt::join(graph.output_names, ", ")));
}

// The rows of the list that this run takes.
std::span<const ResolvedFault> rows_of(const FaultList& list, const std::optional<int64_t>& resume_from) {
  const std::span<const ResolvedFault> all = list.faults;
  if (!resume_from) return all;
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].fault.injection == *resume_from) return all.subspan(i);
  }
  const auto range = [&] {
    if (all.empty()) return std::string("the list is empty");
    const auto [least, most] = std::minmax_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
      return a.fault.injection < b.fault.injection;
    });
    return fmt::format("its {} rows have numbers from {} to {}", all.size(), least->fault.injection,
                       most->fault.injection);
  };
  throw Error(ErrorKind::bad_input, fmt::format("{}: no row has the Injection {} of --resume-from; {}",
                                                list.path, *resume_from, range()));
}

Provenance provenance_of(const CampaignInputs& inputs, const CampaignOptions& options,
                         const PreprocessChoice& preprocessing, int output) {
  Provenance p;
  p.model_path = inputs.model_path;
  p.model_sha256 = inputs.model_sha256;
  p.keras_version = inputs.graph.keras_version;
  p.data_path = inputs.dataset.source;
  p.data_sha256 = inputs.dataset.sha256;
  p.batch_size = options.batch_size;
  p.preprocessing = preprocessing.how;
  p.preprocessing_reason = preprocessing.why;
  p.normalization = preprocessing.normalization;
  if (static_cast<size_t>(output) < inputs.graph.output_names.size())
    p.output = inputs.graph.output_names[static_cast<size_t>(output)];
  if (inputs.list) p.fault_list_sha256 = inputs.list->sha256;
  if (options.limit && *options.limit < static_cast<int64_t>(inputs.dataset.size())) p.limit = options.limit;
  return p;
}

// What was counted before the memory is divided.
struct HeldMemory {
  uint64_t small_weights = 0;  // of the network: freed, but still the allocator's
  uint64_t peak = 0;           // while the network and its plan were both there
};

// What --memory bounds and --dry-run says: what others hold, what is held here (the plan, the images, the
// list), and the most that the run will allocate. Without --memory the last is a share of what is free.
void divide_memory(Setup& setup, const CampaignOptions& options, const RunTuning& tuning, int threads,
                   const OtherMemory& other, const HeldMemory& held) {
  const uint64_t images = static_cast<uint64_t>(setup.images());
  const uint64_t scores = images * setup.classes() * sizeof(float);
  const uint64_t kept_scores = options.scores == ScoreMode::none ? 0 : scores;
  MemoryNeeds needs{.engine = tuning.engine.needs(setup.plan, setup.patches),
                    .feed_bytes_per_image = setup.feed.bytes_per_image(),
                    .bytes_per_fault = kRowBytes + sizeof(Tally) + kept_scores,
                    .bytes_per_thread_fault = sizeof(Tally),
                    .bytes_per_thread = kThreadBytes + 3 * kept_scores,  // files of scores being written
                    .fixed_bytes = kFixedBytes + setup.faults.size() * kRowBytes + scores +
                                   images * GoldenRun::kBytesPerImage};
  const std::optional<int> every = tuning.checks_itself ? options.check : 0;
  const CheckNeeds check = self_check_needs(setup, every, kept_scores > 0, threads);
  needs.fixed_bytes += check.fixed_bytes;
  needs.bytes_per_fault += check.bytes_per_fault;
  needs.bytes_per_thread += check.bytes_per_thread;
  needs.engine.bytes_per_thread_image += check.bytes_per_thread_image;
  WorkLimits limits{.bytes = options.memory_bytes,
                    .images = setup.images(),
                    .faults = setup.faults.size(),
                    .threads = threads,
                    .tile = options.tile,
                    .block = tuning.most_faults_per_block};
  const uint64_t now = other.now + setup.plan.bytes() + setup.feed.bytes() + held.small_weights;
  needs.fixed_bytes += now;
  needs.peak_bytes = std::max(other.peak, other.now + held.peak);
  if (limits.bytes == 0) {
    const auto free = static_cast<uint64_t>(kMemoryShare * static_cast<double>(memory_budget().bytes));
    limits.bytes = std::max(now + free, needs.peak_bytes);
  }
  setup.layout = plan_work(needs, limits);
  setup.least_block = needs.engine.sizes[setup.layout.size].least_block;
  setup.repeats_golden = needs.engine.repeats_golden;
  setup.joins_golden = tuning.joins_golden;
  if (tuning.most_faults_per_block > 0)
    setup.least_block = std::min(setup.least_block, tuning.most_faults_per_block);
}

void take_faults(Setup& setup, std::span<const ResolvedFault> rows) {
  for (const ResolvedFault& row : rows) {
    setup.faults.push_back(row.fault);
    setup.patches.push_back(row.patch);
  }
}

Decision decision_of(const Graph& graph, const Plan& plan, int output) {
  if (plan.classes() != 1) return Decision();
  return Decision(decision_threshold(graph, graph.outputs[static_cast<size_t>(output)]));
}

void add_remarks(Setup& setup) {
  setup.remarks = setup.feed.remarks();
  setup.remarks.push_back("preprocessing: " + setup.provenance.preprocessing_text());
  if (const auto threshold = setup.decision.threshold()) {
    setup.remarks.push_back(
        fmt::format("one output unit: class 1 where its score is above {} ({}), else class 0", *threshold,
                    *threshold > 0 ? "a probability" : "a logit"));
  }
  const std::vector<std::string>& lost = setup.feed.warnings();
  setup.warnings.insert(setup.warnings.end(), lost.begin(), lost.end());
}

}  // namespace

Setup set_up(CampaignInputs inputs, const CampaignOptions& options, const RunTuning& tuning) {
  const uint64_t inputs_bytes = inputs.bytes();
  const int output = output_of(inputs.graph, options.output_name, inputs.model_path);
  const ThreadBudget budget =
      options.threads > 0 ? ThreadBudget{options.threads, "--threads"} : thread_budget();
  Plan plan = Plan::compile(inputs.graph, {.kernels = kernel_set_of(options.kernels), .output = output});
  const PreprocessChoice preprocessing =
      choose_preprocessing(options, inputs.dataset, inputs.graph, plan.inputs());
  Provenance provenance = provenance_of(inputs, options, preprocessing, output);
  const Decision decision = decision_of(inputs.graph, plan, output);
  ImageFeed feed(std::move(inputs.dataset), plan.inputs(), decision.classes(plan.classes()),
                 {.inputs = preprocessing.inputs, .limit = options.limit});
  Setup setup{.provenance = std::move(provenance),
              .plan = std::move(plan),
              .decision = decision,
              .feed = std::move(feed),
              .remarks = {},
              .warnings = preprocessing.warnings,
              .golden_only = !inputs.list.has_value(),
              .faults = {},
              .patches = {},
              .layout = {},
              .tiles = {}};
  if (inputs.list) take_faults(setup, rows_of(*inputs.list, options.resume_from));
  const HeldMemory held{.small_weights = inputs.graph.bytes_of_small_weights(),
                        .peak = inputs_bytes + setup.plan.bytes() + setup.faults.size() * kRowBytes};
  inputs.graph = {};
  inputs.list.reset();
  divide_memory(setup, options, tuning, budget.threads, inputs.other, held);
  setup.tiles = cut_tiles(setup.images(), setup.layout.tile, options.batch_size);
  setup.provenance.threads_source = setup.layout.threads < budget.threads ? "memory" : budget.source;
  add_remarks(setup);
  return setup;
}

}  // namespace tf_injector
