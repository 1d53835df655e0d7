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

// What the process holds beside what is counted here, and the most that it ever held: for a bound on all of
// the process. Nothing, where only what a campaign itself allocates is bounded.
struct OtherMemory {
  uint64_t now = 0, peak = 0;  // bytes
};

struct CampaignInputs {
  Graph graph;
  Dataset dataset;
  std::optional<FaultList> list;  // none: a golden-only run
  std::string model_path;
  std::string model_sha256;
  OtherMemory other;

  // Memory of the network, the test set and the list.
  [[nodiscard]] uint64_t bytes() const;
  // A copy for a run during which these stay: they are others' memory then.
  [[nodiscard]] CampaignInputs copy_beside() const;
  static constexpr uint64_t kBytesPerFault = 256;  // of the list: its layer's name and its index are short
};

// Refuses options that cannot be meant: Error(usage). Looks at no file.
void check_options(const CampaignOptions& options);

// Reads model, list and data, in this order; `stop` (or null) ends a download. Throws Error(usage),
// ModelError, FaultListError, DatasetError, Error(download), Error(interrupted).
[[nodiscard]] CampaignInputs load_inputs(const CampaignOptions& options, const Message& message,
                                         const std::atomic<bool>* stop);
// For a program whose memory is bounded as a whole: load_inputs, then what the process holds beside them.
[[nodiscard]] CampaignInputs load_inputs_of_program(const CampaignOptions& options, const Message& message,
                                                    const std::atomic<bool>* stop);

}  // namespace tf_injector
