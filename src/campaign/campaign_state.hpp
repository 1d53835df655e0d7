// The inside of a Campaign.
#pragma once

#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector {

struct Campaign::State {
  State(Session* of, const CampaignOptions& with) : session(of), options(with) {}

  Session* session;
  CampaignOptions options;
  detail::Setup setup;
};

}  // namespace tf_injector
