// An estimate in words and as a table.
#pragma once

#include <string>

#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::cli {

// The answer in a sentence, how it was found, and a row for each stratum.
[[nodiscard]] std::string estimate_text(const Estimate& estimate);

}  // namespace tf_injector::detail::cli
