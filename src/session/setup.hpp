// A campaign that is ready to run: everything resolved and checked, nothing written yet.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/preprocess.hpp"
#include "engine/engine_choice.hpp"
#include "engine/tiles.hpp"
#include "engine/work_layout.hpp"
#include "metrics/decision.hpp"
#include "plan/plan.hpp"
#include "session/block_size.hpp"
#include "session/image_feed.hpp"
#include "session/inputs.hpp"
#include "tf_injector/fault.hpp"

namespace tf_injector {

// How a campaign is run, as far as no flag says it.
struct RunTuning {
  EngineChoice engine = default_engine();
  size_t most_faults_per_block = 0;  // 0: what memory allows
  bool joins_golden = true;          // see Setup
  bool checks_itself = true;         // false: no --check, and no memory for it
};

// What a campaign works on, and what was decided about it that can change a score.
struct Provenance {
  std::string model_path, model_sha256, keras_version;
  std::string output;  // name of the scored output; "": the model names none
  std::string data_path, data_sha256;
  std::string fault_list_sha256;  // "" without a list
  int batch_size = 1;
  std::optional<int64_t> limit;  // first images, when they are fewer than the data set has
  std::string preprocessing, preprocessing_reason;
  std::optional<data::Normalization> normalization;
  std::string threads_source;  // what decided how many threads there are

  // "x / 255 (neither -d nor --mean and --std are given)"
  [[nodiscard]] std::string preprocessing_text() const {
    return preprocessing + " (" + preprocessing_reason + ")";
  }
};

struct Setup {
  Provenance provenance;
  Plan plan;
  Decision decision;
  ImageFeed feed;
  std::vector<std::string> remarks;   // what was decided that no flag says: one line each
  std::vector<std::string> warnings;  // what is probably not meant
  bool golden_only = false;
  std::vector<Fault> faults;   // of this run: the list from --resume-from on
  std::vector<Patch> patches;  // one per fault
  WorkLayout layout;
  size_t least_block = 1;       // faults, see EngineSize
  bool repeats_golden = false;  // see EngineNeeds
  bool joins_golden = true;     // false: the golden run is never joined with a block (run_estimate.hpp)
  std::vector<Tile> tiles;

  [[nodiscard]] int64_t images() const noexcept { return feed.images(); }
  // Scores of one image: 1 for two classes where `decision` has a threshold.
  [[nodiscard]] size_t classes() const noexcept { return static_cast<size_t>(plan.classes()); }
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

// Compiles the plan, fits the data to it, finds the first fault, divides the memory. Throws Error(usage),
// ModelError (no such output), DatasetError, Error(bad_input) (no such row), Error(out_of_memory).
[[nodiscard]] Setup set_up(CampaignInputs inputs, const CampaignOptions& options, const RunTuning& tuning);

}  // namespace tf_injector
