// Counts and positions are int64_t, as in shapes; containers want size_t.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tf_injector::replay {

// Which fault: its index in the block that the engine was given. It stays the same from there to the scores,
// however the block is cut, sorted and packed.
using FaultIndex = uint32_t;

[[nodiscard]] inline size_t idx(int64_t i) noexcept { return static_cast<size_t>(i); }

}  // namespace tf_injector::replay
