// Which engine runs a campaign.
#pragma once

#include <functional>
#include <memory>
#include <span>

#include "engine/engine.hpp"

namespace tf_injector::detail {

// An engine that is not made yet: what it will need, and how to make it.
struct EngineChoice {
  std::function<EngineNeeds(const Plan& plan, PatchRows faults)> needs;
  // `plan` must outlive the engine. Throws std::bad_alloc.
  std::function<std::unique_ptr<Engine>(const Plan& plan, const EngineLayout& layout)> make;
};

[[nodiscard]] EngineChoice plain_engine();
// Not for plans of the scalar kernels.
[[nodiscard]] EngineChoice replay_engine(const replay::Shortcuts& shortcuts = {});
// Replay where there is one: of a campaign, when nobody says otherwise.
[[nodiscard]] EngineChoice default_engine();

}  // namespace tf_injector::detail
