// How far a fault can reach in a network, whatever the images are.
#pragma once

#include <vector>

#include "answers/op_network.hpp"
#include "graph/patch.hpp"
#include "tf_injector/explain.hpp"

namespace tf_injector::detail {

// The steps in which some element can differ, at most: an upper bound that depends on shapes alone. Where the
// weight changes its sign, or is Inf or NaN with the fault, it counts where it meets zeros as well.
[[nodiscard]] std::vector<StepReach> reach_of(const OpNetwork& network, const Patch& patch);

}  // namespace tf_injector::detail
