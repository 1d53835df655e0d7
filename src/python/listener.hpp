// Functions of a caller in Python that are told how far the work is.
#pragma once

#include <nanobind/nanobind.h>

#include "python/interruptible.hpp"

namespace tf_injector::detail::python {

// Any may be None. They must outlive the listener, which is used with the GIL.
[[nodiscard]] Listener listener_of(const nanobind::object& message, const nanobind::object& warning);
// `progress`: called with the faults in all and done, the seconds, rows written, critical outcomes and images
// evaluated.
[[nodiscard]] Listener listener_of(const nanobind::object& message, const nanobind::object& warning,
                                   const nanobind::object& progress);

// `look`: called without arguments every few hundredths of a second; what it raises ends the work.
[[nodiscard]] Listener looking_listener_of(const nanobind::object& look, const nanobind::object& progress);

}  // namespace tf_injector::detail::python
