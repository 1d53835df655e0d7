// The inside of a Campaign.
#pragma once

#include <span>

#include "core/bits.hpp"
#include "graph/patch.hpp"
#include "session/model_data.hpp"
#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/fault_details.hpp"
#include "tf_injector/report.hpp"

namespace tf_injector {

struct Campaign::State {
  State(Session* of, const CampaignOptions& with) : session(of), options(with) {}

  Session* session;
  CampaignOptions options;
  detail::Setup setup;
};

}  // namespace tf_injector

namespace tf_injector::detail {

// The weight of the fault's first part, before and after. Of an output NaN: it is another value on each
// image.
inline void set_weight_values(FaultDetails& details, std::span<const Patch> fault, const Graph& graph) {
  if (graph.is_mask(fault.front().weight)) {
    details.golden_value = details.faulty_value = bits_float(kCanonicalNan);
    return;
  }
  details.golden_value = bits_float(fault.front().old_bits);
  details.faulty_value = bits_float(fault.front().new_bits);
}

// The rows that the sink has already. Throws Error(usage): they are not the first of the list.
[[nodiscard]] std::span<const ReportRow> checked_rows(const Setup& setup, const ReportSink& sink);

}  // namespace tf_injector::detail
