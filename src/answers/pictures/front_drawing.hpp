// Memory against what is left.
#pragma once

#include "answers/pictures/drawing.hpp"
#include "tf_injector/protect.hpp"

namespace tf_injector::detail {

// The rows whose bits and residual are known, by their numbers from 1 on.
[[nodiscard]] Drawing front_drawing(const ProtectionStudy& study);

}  // namespace tf_injector::detail
