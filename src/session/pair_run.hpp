// Any pairs of a fault and an image, evaluated on a session's engine: what estimators and users ask for,
// where a campaign takes all faults on all images.
#pragma once

#include <atomic>
#include <span>
#include <vector>

#include "session/session_state.hpp"
#include "tf_injector/fault_list.hpp"

namespace tf_injector::detail {

// Throws Error(usage): the test set has no such image.
void check_image(const Session::State& session, int64_t image);

// All throw Stopped, std::bad_alloc; Error(usage): there is no such fault or image.

// (tile.size(), classes)
[[nodiscard]] std::vector<float> golden_scores(const Session::State& session, const ImageTile& tile,
                                               const std::atomic<bool>* stop);
// (pairs.size(), classes)
[[nodiscard]] std::vector<float> pair_scores(const Session::State& session, const FaultList& faults,
                                             std::span<const Pair> pairs, const std::atomic<bool>* stop);
// (pairs.size())
[[nodiscard]] std::vector<Tally> pair_tallies(const Session::State& session, const FaultList& faults,
                                              std::span<const Pair> pairs, const std::atomic<bool>* stop);

}  // namespace tf_injector::detail
