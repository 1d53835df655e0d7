#include "session/setup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "core/parallel.hpp"
#include "core/problem_lines.hpp"
#include "metrics/details_counter.hpp"
#include "report/row_bytes.hpp"
#include "session/check/self_check.hpp"
#include "session/golden_run.hpp"
#include "session/kept_scores.hpp"
#include "session/list_data.hpp"
#include "session/model_data.hpp"
#include "session/partial_block.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

// Of the memory that is free: other programs, and what no plan counts, want some too.
constexpr double kMemoryShare = 0.8;
// Beside what is counted: a fault's small things, a thread's stack and pools, code that is not loaded yet,
// and what else is small.
// A fault's line of the details, and how often their table of classes is held: counted, summed up, as text.
constexpr uint64_t kDetailsTextBytes = 256, kConfusionCopies = 32;
constexpr uint64_t kRowBytes = 512, kThreadBytes = 1 << 20, kFixedBytes = 6 << 20;

// What `memory_bytes` bounds: what others hold, what is held here (weights, the plan, the images, the list),
// and the most that the run will allocate. Without a bound the last is a share of what is free.
void divide_memory(Setup& setup, const MemoryNeeds& needs, size_t faults) {
  const Session::State& session = *setup.session;
  WorkLimits limits{.bytes = session.options.memory_bytes,
                    .images = setup.images(),
                    .faults = faults,
                    .threads = session.budget.threads,
                    .tile = session.options.tile,
                    .block = session.tuning.most_faults_per_block};
  if (limits.bytes == 0) {
    const auto free = static_cast<uint64_t>(kMemoryShare * static_cast<double>(memory_budget().bytes));
    limits.bytes = std::max(session.held_bytes() + free, needs.peak_bytes);
  }
  setup.layout = plan_work(needs, limits);
  setup.threads_source = setup.layout.threads < session.budget.threads ? "memory" : session.budget.source;
  setup.least_block = needs.engine.sizes[setup.layout.size].least_block;
  setup.repeats_golden = needs.engine.repeats_golden;
  if (limits.block > 0) setup.least_block = std::min(setup.least_block, limits.block);
}

// The session's plan, in which these faults can hit the outputs that they do. Null: they hit none.
std::shared_ptr<const Plan> plan_for(const Session::State& session, PatchRows faults) {
  const Graph& graph = session.model.data()->graph;
  std::set<WeightId> masks;
  for (const Patch& patch : faults.all())
    if (graph.is_mask(patch.weight)) masks.insert(patch.weight);
  if (masks.empty()) return nullptr;
  return std::make_shared<const Plan>(Plan::compile(graph, {.kernels = session.plan.kernels(),
                                                            .output = session.output_number,
                                                            .masks = {masks.begin(), masks.end()}}));
}

// Throws FaultListError: a fault of an image that there is not.
void check_images(const FaultList& list, PatchRows faults, int64_t images) {
  ProblemLines problems;
  for (size_t i = 0; faults.has_images() && i < faults.size(); ++i) {
    if (faults.image(i) < images) continue;
    problems.add(
        fmt::format("{}: fault {}: Image out of range; expected 0 to {}, the images of the test set; "
                    "found {}",
                    list.source(), list[i].id, images - 1, faults.image(i)));
  }
  if (!problems.empty()) throw FaultListError(problems.text());
}

// Of any work on a session.
MemoryNeeds needs_of(const Setup& setup, PatchRows faults) {
  const Session::State& session = *setup.session;
  const uint64_t held = session.held_bytes() + (setup.masked ? setup.masked->bytes() : 0);
  return {.engine = session.tuning.engine.needs(setup.plan(), faults),
          .feed_bytes_per_image = session.feed.bytes_per_image(),
          .bytes_per_fault = 0,
          .bytes_per_thread_fault = 0,
          .bytes_per_thread = kThreadBytes,
          .fixed_bytes = kFixedBytes + held,
          .peak_bytes = std::max<uint64_t>(session.options.held.peak, held)};
}

void add_details_needs(const Setup& setup, MemoryNeeds& needs) {
  const int64_t classes = setup.decision_classes();
  const uint64_t of_fault = DetailsCounter::bytes_per_fault(classes);
  needs.bytes_per_fault += of_fault + sizeof(FaultDetails) + kDetailsTextBytes;
  needs.bytes_per_thread_fault += of_fault;
  needs.bytes_per_thread += DetailsCounter::fixed_bytes(classes);
  // The block's counter, the sum over all blocks, and both as the metadata's text.
  needs.fixed_bytes += static_cast<uint64_t>(setup.images()) * sizeof(GoldenDetails) +
                       kConfusionCopies * DetailsCounter::fixed_bytes(classes);
}

void add_campaign_needs(const Setup& setup, MemoryNeeds& needs) {
  const auto images = static_cast<uint64_t>(setup.images());
  const uint64_t scores = images * setup.classes() * sizeof(float);
  const uint64_t kept_scores = setup.needs.scores == ScoreMode::none ? 0 : scores;
  const CheckNeeds check =
      self_check_needs(setup, setup.needs.check, kept_scores > 0, setup.session->budget.threads);
  const RowBytes rows = row_bytes(setup.faults, setup.images());
  needs.bytes_per_fault +=
      kRowBytes + rows.longest_text + sizeof(Tally) + kept_scores + check.bytes_per_fault;
  needs.bytes_per_thread_fault += sizeof(Tally);
  needs.bytes_per_thread += 3 * kept_scores + check.bytes_per_thread;  // files of scores being written
  needs.engine.bytes_per_thread_image += check.bytes_per_thread_image;
  // A report that is gone on with is read before there is anything else.
  needs.fixed_bytes += rows.rows + (setup.list ? setup.list->memory_bytes() : 0);
  needs.peak_bytes = std::max(needs.peak_bytes, needs.fixed_bytes + rows.reading);
  needs.fixed_bytes += scores + images * GoldenRun::kBytesPerImage + check.fixed_bytes;
  if (setup.needs.details) add_details_needs(setup, needs);
  // The bytes of a block that is not done.
  needs.bytes_per_fault += partial_block_bytes_per_fault(setup);
  needs.fixed_bytes += partial_block_fixed_bytes(setup, check.kept_row_bytes);
  if (kept_scores > 0) needs.fixed_bytes += 2 * kScorePieceBytes;
}

Setup empty_setup(const Session::State& session) {
  return {.session = &session,
          .list = std::nullopt,
          .needs = {},
          .faults = {},
          .patches = {},
          .layout = {},
          .threads_source = {},
          .tiles = {},
          .masked = nullptr};
}

}  // namespace

Setup set_up(const Session::State& session, std::optional<FaultList> list, const RunNeeds& needs) {
  Setup setup = empty_setup(session);
  setup.needs = needs;
  if (list) {
    check_model(*list, session.model);
    setup.faults = list->rows();
    setup.patches = patches_of(*list);
    check_images(*list, setup.patches, session.images());
    setup.masked = plan_for(session, setup.patches);
  }
  setup.list = std::move(list);
  MemoryNeeds memory = needs_of(setup, setup.patches);
  add_campaign_needs(setup, memory);
  divide_memory(setup, memory, setup.faults.size());
  setup.tiles = cut_tiles(setup.images(), setup.layout.tile, setup.batch_size());
  return setup;
}

Setup set_up_pairs(const Session::State& session, PatchRows faults, int64_t images) {
  Setup setup = empty_setup(session);
  setup.masked = plan_for(session, faults);
  divide_memory(setup, needs_of(setup, faults), faults.size());
  setup.layout.threads = static_cast<int>(std::min<int64_t>(setup.layout.threads, images));
  return setup;
}

}  // namespace tf_injector::detail
