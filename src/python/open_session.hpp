// The session of a call.
#pragma once

#include <atomic>

#include "python/interruptible.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector::detail::python {

// Its remarks and warnings are told on the way. Throws what a Session throws.
[[nodiscard]] Session open_session(const Model& model, const Dataset& dataset, const SessionOptions& options,
                                   Talk& talk, const std::atomic<bool>& stop);

}  // namespace tf_injector::detail::python
