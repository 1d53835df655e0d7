// Measuring every step of a plan alone, on inputs that are in memory.
#pragma once

#include "session/inputs.hpp"
#include "tf_injector/engine_speed.hpp"

namespace tf_injector {

// See measure_steps. The list of `inputs` is not used.
[[nodiscard]] StepSpeeds measure_steps_on(CampaignInputs inputs, const CampaignOptions& options,
                                          const SpeedCallbacks& callbacks);

}  // namespace tf_injector
