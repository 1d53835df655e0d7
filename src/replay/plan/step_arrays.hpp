// The arrays of a replay step that decide what its form computes and never change.
#pragma once

#include "core/array_hash.hpp"
#include "replay/plan/replay_step.hpp"

namespace tf_injector::detail::replay {

// Not the kernel's own (kernels/const_arrays.hpp). Each once and always in the same order.
void visit_arrays(const ReplayStep& step, const ArrayVisitor& visit);

}  // namespace tf_injector::detail::replay
