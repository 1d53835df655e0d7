// Counts and positions are int64_t, as in shapes; containers want size_t.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tf_injector::detail::replay {

[[nodiscard]] inline size_t idx(int64_t i) noexcept { return static_cast<size_t>(i); }

}  // namespace tf_injector::detail::replay
