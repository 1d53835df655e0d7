// How fast the engines are: the plain one, which evaluates the whole network for every fault, and replay.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"

namespace tf_injector {

struct EngineSpeed {
  std::string name;  // "plain", "replay"
  int64_t faults = 0, images = 0;
  double seconds = 0;         // for the faults alone
  double golden_seconds = 0;  // the run without a fault, before them
  std::string kernels;
  int threads = 0, tile = 0;

  [[nodiscard]] double faults_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(faults) / seconds : 0;
  }
};

struct SpeedCallbacks {
  std::function<void(const std::string&)> message;  // one line each
  const std::atomic<bool>* stop = nullptr;          // ends the measurement with Error(interrupted)
};

// Works on model, list and data of `options` as a campaign would, and writes nothing. Replay evaluates the
// whole list; the plain engine faults that are spread over the list, until `plain_seconds` have passed, and
// at least one. What both counted is compared. With the scalar kernels, for which there is no replay, only
// the plain engine is measured. Throws what run_campaign throws before its report begins, Error(usage)
// without a list, Error(bad_input) for an empty one, Error(self_check) when the engines disagree.
[[nodiscard]] std::vector<EngineSpeed> measure_engines(const CampaignOptions& options, double plain_seconds,
                                                       const SpeedCallbacks& callbacks);

}  // namespace tf_injector
