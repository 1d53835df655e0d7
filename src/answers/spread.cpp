#include "answers/spread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include "answers/kernel_uses.hpp"
#include "core/bits.hpp"
#include "core/bytes_text.hpp"
#include "core/flush_denormals.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "engine/tiles.hpp"
#include "metrics/tally.hpp"
#include "metrics/top_k.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

constexpr int kTile = 4;  // images at a time: their activations should stay in a cache
constexpr double kShareOfFreeMemory = 0.8;

EndCause cause_of(const Op& op) {
  if (std::holds_alternative<ops::Activation>(op)) return EndCause::clipped;
  if (const auto* function = std::get_if<ops::Function>(&op)) {
    using enum ops::FunctionKind;
    const bool is_flat = function->kind == hard_sigmoid || function->kind == hard_sigmoid_6 ||
                         function->kind == hard_silu || function->kind == general_relu;
    return is_flat ? EndCause::clipped : EndCause::rounded;
  }
  if (const auto* binary = std::get_if<ops::Binary>(&op)) {
    const bool chooses = binary->kind == ops::BinaryKind::maximum || binary->kind == ops::BinaryKind::minimum;
    return chooses ? EndCause::pooled : EndCause::rounded;
  }
  if (is_any_of<ops::MaxPool2D, ops::GlobalMaxPool>(op)) return EndCause::pooled;
  return is_any_of<ops::Slice>(op) ? EndCause::dropped : EndCause::rounded;
}

bool equal_bits(float a, float b) { return float_bits(a) == float_bits(b) || (is_nan(a) && is_nan(b)); }

double change_between(float a, float b) {
  if (!is_finite(a) || !is_finite(b)) return std::numeric_limits<double>::infinity();
  return std::abs(static_cast<double>(a) - static_cast<double>(b));
}

// What all threads share.
struct SpreadWork {
  const Session::State& session;
  const OpNetwork& network;
  const Overlay& overlay;
  size_t first = 0;                          // the first step that the fault hits
  std::vector<size_t> last_read;             // of each step's output: the step; the number of steps: a score
  std::vector<std::vector<KernelUse>> uses;  // of each patched step
  const Plan& plan() const { return network.plan; }
  const PlanParts& parts() const { return network.plan.parts(); }
  size_t steps() const { return parts().steps.size(); }
};

std::vector<size_t> find_last_reads(const PlanParts& parts) {
  std::vector<size_t> last(parts.steps.size(), 0);
  const size_t inputs = parts.inputs.size();
  for (size_t i = 0; i < parts.steps.size(); ++i) {
    for (const int value : parts.steps[i].reads)
      if (static_cast<size_t>(value) >= inputs) last[static_cast<size_t>(value) - inputs] = i;
  }
  if (static_cast<size_t>(parts.output_value) >= inputs)
    last[static_cast<size_t>(parts.output_value) - inputs] = parts.steps.size();
  return last;
}

// Both runs on one thread, tile by tile, and what they have counted.
class SpreadThread {
 public:
  SpreadThread(const SpreadWork& work, int tile)
      : work_(work),
        golden_(work.plan(), tile),
        faulty_(work.plan(), tile),
        buffers_(work.session.feed.make_buffers(tile)) {
    counted_.steps.resize(work.steps());
    for (size_t i = 0; i < work.steps(); ++i) {
      const plan::DraftStep& step = work.network.draft.steps[i];
      counted_.steps[i] = {.path = step.path, .op = op_text(step.op), .outputs = step.shape.elements()};
      counted_.steps[i].cause = i == work.first ? EndCause::unseen : cause_of(step.op);
    }
  }

  void run(const Tile& tile, const std::atomic<bool>* stop) {
    const FlushDenormals flush;
    const BatchContext context{.batch = tile.batch, .batch_index = tile.batch_index};
    load_inputs(work_.plan(), golden_, work_.session.feed.fill(tile, buffers_));
    live_.assign(static_cast<size_t>(tile.images), {});
    ended_.assign(static_cast<size_t>(tile.images), false);
    has_met_.assign(static_cast<size_t>(tile.images), false);
    size_t next_patch = 0;
    if (work_.steps() == 0) copy_golden(tile.images);  // the scores are the images
    for (size_t i = 0; i < work_.steps(); ++i) {
      check_stop(stop);
      const Kernel& kernel = *work_.parts().steps[i].kernel;
      if (i == work_.first) copy_golden(tile.images);
      const Kernel* hit = &kernel;
      const std::vector<Overlay::PatchedStep>& patches = work_.overlay.steps();
      if (next_patch < patches.size() && patches[next_patch].step == i) {
        count_inputs(i, work_.uses[next_patch], tile.images);
        hit = patches[next_patch++].kernel.get();
      }
      run_step(work_.plan(), i, kernel, golden_, tile.images, context);
      if (i < work_.first) continue;
      run_step(work_.plan(), i, *hit, faulty_, tile.images, context);
      compare_step(i, tile.images, next_patch == patches.size());
    }
    count_scores(tile);
  }

  [[nodiscard]] const FaultSpread& counted() const noexcept { return counted_; }
  [[nodiscard]] const std::map<std::pair<int, int>, int64_t>& changes() const noexcept { return changes_; }

 private:
  // Up to the fault both runs are one.
  void copy_golden(int images) {
    const std::vector<int64_t>& slots = work_.parts().memory.slot_elements;
    for (size_t slot = 0; slot < slots.size(); ++slot)
      std::copy_n(golden_.slot(static_cast<int>(slot)), slots[slot] * images,
                  faulty_.slot(static_cast<int>(slot)));
  }

  // How often the weight meets an input that is not zero.
  void count_inputs(size_t step, const std::vector<KernelUse>& uses, int images) {
    const float* in = golden_.slot(work_.parts().memory.reads[step][0]);
    const int64_t elements = work_.network.draft.steps[step].inputs[0].shape.elements();
    for (int image = 0; image < images; ++image) {
      const auto met = std::count_if(uses.begin(), uses.end(), [&](const KernelUse& use) {
        return use.input != KernelUse::kPadding && in[image * elements + use.input] != 0;
      });
      counted_.positions_met += met;
      if (met > 0) has_met_[static_cast<size_t>(image)] = true;
    }
  }

  void compare_step(size_t step, int images, bool is_behind_all_patches) {
    const int slot = work_.parts().memory.slot_of_step[step];
    StepSpread& spread = counted_.steps[step];
    for (int image = 0; image < images; ++image) {
      const float* golden = golden_.slot(slot) + image * spread.outputs;
      const float* faulty = faulty_.slot(slot) + image * spread.outputs;
      int64_t differing = 0;
      for (int64_t i = 0; i < spread.outputs; ++i) {
        if (equal_bits(golden[i], faulty[i])) continue;
        ++differing;
        spread.largest_change = std::max(spread.largest_change, change_between(golden[i], faulty[i]));
      }
      spread.images += differing > 0 ? 1 : 0;
      spread.differing += differing;
      follow(step, static_cast<size_t>(image), differing > 0, is_behind_all_patches);
    }
  }

  // Keeps the steps whose outputs differ and are still to be read; when there are none, the fault has ended.
  void follow(size_t step, size_t image, bool differs, bool is_behind_all_patches) {
    std::vector<size_t>& live = live_[image];
    if (differs) live.push_back(step);
    std::erase_if(live, [&](size_t value) { return work_.last_read[value] <= step; });
    if (!live.empty() || ended_[image] || !is_behind_all_patches) return;
    ended_[image] = true;
    ++counted_.steps[step].ended;
  }

  void count_scores(const Tile& tile) {
    const auto classes = static_cast<size_t>(work_.plan().classes());
    const int slot = work_.parts().memory.output_slot;
    std::vector<float> golden(classes), faulty(classes);
    const Decision& decision = work_.session.decision;
    for (int image = 0; image < tile.images; ++image) {
      const auto row = [&](Workspace& workspace, std::vector<float>& scores) {
        const float* from = workspace.slot(slot) + static_cast<size_t>(image) * classes;
        std::transform(from, from + classes, scores.begin(), canonical_nan);
      };
      row(golden_, golden);
      row(faulty_, faulty);
      const int label = work_.session.feed.label(tile.first + image);
      const int before = decision.top(golden);
      counted_.golden += tally_row(golden, {}, 0, label, decision);
      counted_.tally += tally_row(faulty, golden, before, label, decision);
      counted_.reached += std::equal(golden.begin(), golden.end(), faulty.begin(), equal_bits) ? 0 : 1;
      if (!decision.in_top(faulty, 1, before)) ++changes_[{before, first_class(faulty)}];
      counted_.images_met += has_met_[static_cast<size_t>(image)] ? 1 : 0;
      ++counted_.images;
    }
  }

  // The class that a report counts as the first one: of several NaN it is not argmax's.
  [[nodiscard]] int first_class(std::span<const float> scores) {
    if (work_.session.decision.threshold()) return work_.session.decision.top(scores);
    top_k(scores, 1, chosen_);
    return chosen_.front();
  }

  const SpreadWork& work_;
  Workspace golden_, faulty_;
  ImageFeed::Buffers buffers_;
  std::vector<std::vector<size_t>> live_;  // per image of the tile
  std::vector<bool> ended_, has_met_;
  std::vector<int> chosen_;
  FaultSpread counted_;
  std::map<std::pair<int, int>, int64_t> changes_;  // images by (golden class, faulty class)
};

struct SpreadLayout {
  int threads = 1, tile = 1;
};

// Fewer images at a time, then fewer threads, until it fits.
SpreadLayout choose_layout(const SpreadWork& work) {
  const Session::State& session = work.session;
  const SessionOptions& options = session.options;
  SpreadLayout layout{session.budget.threads, options.tile > 0 ? options.tile : kTile};
  layout.tile = static_cast<int>(std::min<int64_t>(layout.tile, session.images()));
  const uint64_t per_image = 2 * work.plan().workspace_bytes_per_image() + session.feed.bytes_per_image();
  const uint64_t held = session.held_bytes() + work.plan().bytes();
  const auto needed = [&] {
    return held + per_image * static_cast<uint64_t>(layout.tile) * static_cast<uint64_t>(layout.threads);
  };
  const uint64_t limit =
      options.memory_bytes > 0
          ? options.memory_bytes
          : held + static_cast<uint64_t>(kShareOfFreeMemory * static_cast<double>(memory_budget().bytes));
  while (needed() > limit && layout.tile > 1) layout.tile = (layout.tile + 1) / 2;
  while (needed() > limit && layout.threads > 1) --layout.threads;
  if (needed() > limit)
    throw Error(ErrorKind::out_of_memory, fmt::format("`memory` is too small: {} are needed, {} allowed",
                                                      bytes_text(needed()), bytes_text(limit)));
  return layout;
}

void add_counts(const FaultSpread& from, FaultSpread& to) {
  to.images += from.images;
  to.images_met += from.images_met;
  to.positions_met += from.positions_met;
  to.reached += from.reached;
  to.tally += from.tally;
  to.golden += from.golden;
  if (to.steps.empty()) {
    to.steps = from.steps;
    return;
  }
  for (size_t i = 0; i < to.steps.size(); ++i) {
    to.steps[i].images += from.steps[i].images;
    to.steps[i].differing += from.steps[i].differing;
    to.steps[i].ended += from.steps[i].ended;
    to.steps[i].largest_change = std::max(to.steps[i].largest_change, from.steps[i].largest_change);
  }
}

std::vector<DecisionChange> sorted_changes(const std::map<std::pair<int, int>, int64_t>& counts) {
  std::vector<DecisionChange> changes;
  for (const auto& [classes, images] : counts) changes.push_back({classes.first, classes.second, images});
  std::stable_sort(changes.begin(), changes.end(),
                   [](const DecisionChange& a, const DecisionChange& b) { return a.images > b.images; });
  return changes;
}

}  // namespace

FaultSpread spread_of(const Session::State& session, const OpNetwork& network, const Patch& patch,
                      const std::atomic<bool>* stop) {
  const Overlay overlay(network.plan, patch);
  SpreadWork work{.session = session,
                  .network = network,
                  .overlay = overlay,
                  .last_read = find_last_reads(network.plan.parts()),
                  .uses = {}};
  // Where no step holds the weight, the last one stands for it: nothing differs anywhere.
  work.first =
      !overlay.steps().empty() ? overlay.steps().front().step : std::max<size_t>(work.steps(), 1) - 1;
  const Shape& kernel = network.graph->weights[static_cast<size_t>(patch.weight)].shape;
  for (const Overlay::PatchedStep& patched : overlay.steps()) {
    const plan::DraftStep& step = network.draft.steps[patched.step];
    work.uses.push_back(kernel_uses(step.op, kernel, patch.element, step.inputs[0].shape, step.shape));
  }
  const SpreadLayout layout = choose_layout(work);
  const std::vector<Tile> tiles = cut_tiles(session.images(), layout.tile, session.options.batch_size);
  std::vector<std::unique_ptr<SpreadThread>> threads(static_cast<size_t>(layout.threads));
  parallel_for(tiles.size(), layout.threads, [&](size_t tile, int thread) {
    check_stop(stop);
    std::unique_ptr<SpreadThread>& mine = threads[static_cast<size_t>(thread)];
    if (!mine) mine = std::make_unique<SpreadThread>(work, layout.tile);
    mine->run(tiles[tile], stop);
  });
  FaultSpread spread;
  std::map<std::pair<int, int>, int64_t> changes;
  for (const auto& thread : threads) {
    if (!thread) continue;
    add_counts(thread->counted(), spread);
    for (const auto& [classes, images] : thread->changes()) changes[classes] += images;
  }
  spread.steps.erase(spread.steps.begin(), spread.steps.begin() + static_cast<ptrdiff_t>(work.first));
  spread.changes = sorted_changes(changes);
  return spread;
}

}  // namespace tf_injector::detail
