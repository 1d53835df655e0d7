// The identity of the report that a campaign writes.
#pragma once

#include "report/report_identity.hpp"
#include "report/report_open.hpp"
#include "tf_injector/campaign.hpp"

namespace tf_injector::detail {

// `campaign` must outlive it.
[[nodiscard]] ReportIdentity identity_of(const Campaign& campaign, const ReportOptions& options);
// Where it is written. Throws Error(usage): a path that cannot be meant.
[[nodiscard]] ReportRequest report_request(const Campaign& campaign, const ReportOptions& options);

}  // namespace tf_injector::detail
