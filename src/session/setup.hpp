// The faults of a list on a session: work and memory divided, nothing evaluated yet.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/tiles.hpp"
#include "engine/work_layout.hpp"
#include "graph/patch.hpp"
#include "session/block_size.hpp"
#include "session/session_state.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector::detail {

// What decides how a run's memory is divided.
struct RunNeeds {
  ScoreMode scores = ScoreMode::none;  // that are kept of every fault of a block
  std::optional<int> check;            // see CampaignOptions
  bool details = false;                // are counted
};

struct Setup {
  const Session::State* session;
  std::optional<FaultList> list;  // none: a golden run only
  RunNeeds needs;
  FaultRows faults;      // of the list
  PatchRows patches;     // one row per fault
  size_t first_row = 0;  // of the list, where the first fault stands: slices
  WorkLayout layout;
  std::string threads_source;   // what decided how many threads there are
  size_t least_block = 1;       // faults, see EngineSize
  bool repeats_golden = false;  // see EngineNeeds
  std::vector<Tile> tiles;
  std::shared_ptr<const Plan> masked;  // the session's plan with masks, where faults hit outputs; or null

  [[nodiscard]] const Plan& plan() const noexcept { return masked ? *masked : session->plan; }
  [[nodiscard]] const ImageFeed& feed() const noexcept { return session->feed; }
  [[nodiscard]] const Decision& decision() const noexcept { return session->decision; }
  [[nodiscard]] const Confidence& confidence() const noexcept { return session->confidence; }
  [[nodiscard]] const RunTuning& tuning() const noexcept { return session->tuning; }
  [[nodiscard]] int batch_size() const noexcept { return session->options.batch_size; }
  [[nodiscard]] bool golden_only() const noexcept { return !list.has_value(); }
  [[nodiscard]] int64_t images() const noexcept { return session->images(); }
  [[nodiscard]] size_t classes() const noexcept { return session->classes(); }  // scores of an image
  // Two of one output unit.
  [[nodiscard]] int64_t decision_classes() const noexcept { return decision().classes(plan().classes()); }
  [[nodiscard]] std::unique_ptr<Engine> make_engine() const {
    return tuning().engine.make(plan(), layout.engine());
  }
  // Of the blocks of a run whose golden run took so long.
  [[nodiscard]] BlockSize block_size(double golden_seconds) const {
    return {golden_seconds,
            repeats_golden ? golden_seconds : 0.0,
            {.least = least_block, .most = layout.most_faults}};
  }
  // A part of an array of images x classes: one image's row, or a tile's rows.
  template <typename Values>
  [[nodiscard]] auto row(Values& values, int64_t image) const {
    return std::span(values).subspan(static_cast<size_t>(image) * classes(), classes());
  }
  template <typename Values>
  [[nodiscard]] auto rows(Values& values, const Tile& tile) const {
    return std::span(values).subspan(static_cast<size_t>(tile.first) * classes(),
                                     static_cast<size_t>(tile.images) * classes());
  }
};

// Divides memory and work. `session` must outlive it. Throws Error(out_of_memory): `memory` is too small.
[[nodiscard]] Setup set_up(const Session::State& session, std::optional<FaultList> list,
                           const RunNeeds& needs);

// The same for single images with blocks of up to these faults: without a list and without tiles. `images`:
// how many there are, at least one.
[[nodiscard]] Setup set_up_pairs(const Session::State& session, PatchRows faults, int64_t images);

}  // namespace tf_injector::detail
