// The identity of the report that a run writes.
#pragma once

#include "report/report_identity.hpp"
#include "report/report_open.hpp"
#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector {

// `setup` must outlive it. Throws Error(usage): neither flag nor file gives the report a name.
[[nodiscard]] ReportIdentity identity_of(const Setup& setup, const CampaignOptions& options);

// Where it is written.
[[nodiscard]] ReportRequest report_request(const CampaignOptions& options);

}  // namespace tf_injector
