// What a campaign works on, in memory: the network, the test set, the faults.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "fault/fault_list.hpp"
#include "graph/graph.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector {

using Message = std::function<void(const std::string&)>;

struct CampaignInputs {
  Graph graph;
  Dataset dataset;
  std::optional<FaultList> list;  // none: a golden-only run
  std::string model_path;
  std::string model_sha256;
};

// Refuses options that cannot be meant: Error(usage). Looks at no file.
void check_options(const CampaignOptions& options);

// Reads model, list and data, in this order; `stop` (or null) ends a download. Throws Error(usage),
// ModelError, FaultListError, DatasetError, Error(download), Error(interrupted).
[[nodiscard]] CampaignInputs load_inputs(const CampaignOptions& options, const Message& message,
                                         const std::atomic<bool>* stop);

}  // namespace tf_injector
