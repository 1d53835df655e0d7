// The campaign on inputs that are in memory: what run_campaign does once files are read.
#pragma once

#include "session/inputs.hpp"
#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector {

// Like run_campaign; the paths of model, list and data in `options` only name things. `options` passed
// check_options.
[[nodiscard]] CampaignResult run_on(CampaignInputs inputs, const CampaignOptions& options,
                                    const CampaignCallbacks& callbacks, const RunTuning& tuning = {});

}  // namespace tf_injector
