// The inside of a Session: model and test set compiled, fitted to each other and checked. Const while a
// campaign or an evaluation runs.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/parallel.hpp"
#include "engine/engine_choice.hpp"
#include "metrics/confidence.hpp"
#include "metrics/decision.hpp"
#include "plan/plan.hpp"
#include "session/image_feed.hpp"
#include "session/preprocess_choice.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector::detail {

// How work is done, as far as no option says it.
struct RunTuning {
  EngineChoice engine = default_engine();
  size_t most_faults_per_block = 0;  // 0: what memory allows
  bool joins_golden = true;          // false: the golden run is never joined with a block (run_estimate.hpp)
  double keep_seconds = 10.0;  // between two times that a block that is not done is kept (block_run.hpp)
};

}  // namespace tf_injector::detail

namespace tf_injector {

struct Session::State {
  Model model;
  SessionOptions options;
  detail::RunTuning tuning;
  detail::ThreadBudget budget;
  std::string output;  // name of the scored output; "": the model names none
  int output_number = 0;
  detail::Plan plan;
  detail::Decision decision;
  detail::Confidence confidence;
  detail::PreprocessChoice preprocessing;
  detail::ImageFeed feed;
  std::vector<std::string> remarks;   // what was decided that no option says: one line each
  std::vector<std::string> warnings;  // what is probably not meant

  [[nodiscard]] int64_t images() const noexcept { return feed.images(); }
  // Scores of one image: 1 for two classes where `decision` has a threshold.
  [[nodiscard]] size_t classes() const noexcept { return static_cast<size_t>(plan.classes()); }
  // Of model, plan and images.
  [[nodiscard]] uint64_t memory_bytes() const noexcept {
    return model.memory_bytes() + plan.bytes() + feed.bytes();
  }
  // With what the caller holds besides.
  [[nodiscard]] uint64_t held_bytes() const noexcept {
    const uint64_t own = memory_bytes();
    return own + std::min(options.held.now, std::numeric_limits<uint64_t>::max() - own);
  }
};

}  // namespace tf_injector

namespace tf_injector::detail {

// A Session that works in this way.
[[nodiscard]] Session make_session(Model model, Dataset dataset, SessionOptions options, RunTuning tuning);

}  // namespace tf_injector::detail
