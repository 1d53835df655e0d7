// Measuring what each of replay's shortcuts is worth, on inputs that are in memory.
#pragma once

#include "session/inputs.hpp"
#include "tf_injector/engine_speed.hpp"

namespace tf_injector {

// See measure_techniques.
[[nodiscard]] TechniqueSpeeds measure_techniques_on(const CampaignInputs& inputs,
                                                    const CampaignOptions& options, double plain_seconds,
                                                    const SpeedCallbacks& callbacks);

}  // namespace tf_injector
