// Measuring engines on inputs that are in memory: what measure_engines does once files are read.
#pragma once

#include <vector>

#include "engine/engine_choice.hpp"
#include "session/inputs.hpp"
#include "tf_injector/engine_speed.hpp"

namespace tf_injector {

// `fast`: the engine that is measured beside the plain one, under the name "replay". See measure_engines.
[[nodiscard]] std::vector<EngineSpeed> measure_on(const CampaignInputs& inputs,
                                                  const CampaignOptions& options, double plain_seconds,
                                                  const SpeedCallbacks& callbacks, const EngineChoice& fast);

}  // namespace tf_injector
