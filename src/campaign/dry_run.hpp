// What a campaign would do and write, with estimates; writes nothing.
#pragma once

#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector {

// Evaluates a few faults on one tile to estimate the time. Throws what choosing the report throws,
// Error(interrupted).
[[nodiscard]] CampaignResult dry_run(const Setup& setup, const CampaignOptions& options,
                                     const CampaignCallbacks& callbacks, const RunTuning& tuning);

}  // namespace tf_injector
