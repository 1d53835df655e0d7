// The flags of `tf_injector download`.
#pragma once

#include <string>
#include <vector>

#include "cli/arguments.hpp"

namespace tf_injector::cli {

// `words`: what stands behind `download`. Throws Error(usage).
[[nodiscard]] Arguments parse_download(const std::vector<std::string>& words);

}  // namespace tf_injector::cli
