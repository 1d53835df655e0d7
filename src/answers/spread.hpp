// How far a fault spreads on images: golden and faulty run side by side, compared after every op.
#pragma once

#include <atomic>

#include "answers/op_network.hpp"
#include "graph/patch.hpp"
#include "session/session_state.hpp"
#include "tf_injector/explain.hpp"

namespace tf_injector::detail {

// On all images of the session. Throws Stopped, Error(out_of_memory).
[[nodiscard]] FaultSpread spread_of(const Session::State& session, const OpNetwork& network,
                                    const Patch& patch, const std::atomic<bool>* stop);

}  // namespace tf_injector::detail
