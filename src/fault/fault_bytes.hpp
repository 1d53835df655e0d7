// How much memory faults take.
#pragma once

#include <cstdint>

#include "tf_injector/fault.hpp"

namespace tf_injector::detail {

// What the fault owns beside itself: its parts, their names and indices.
[[nodiscard]] uint64_t owned_bytes(const Fault& fault) noexcept;

}  // namespace tf_injector::detail
