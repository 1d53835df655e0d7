// What `verify` prints.
#pragma once

#include <string>

#include "tf_injector/verify.hpp"

namespace tf_injector::detail::cli {

// A line for each difference, then the verdict.
[[nodiscard]] std::string verification_text(const Verification& found);

}  // namespace tf_injector::detail::cli
