// An estimate in words and as a table.
#pragma once

#include <string>

#include "tf_injector/estimate.hpp"

namespace tf_injector::detail::cli {

// "1.31 % [1.12, 1.52]": shares from 0 to 1 in percent, with the digits that the interval's width deserves.
[[nodiscard]] std::string interval_text(double estimate, double low, double high);
// The answer in a sentence, how it was found, and a row for each stratum.
[[nodiscard]] std::string estimate_text(const Estimate& estimate);
// The answer alone.
[[nodiscard]] std::string estimate_sentence(const Estimate& estimate);

}  // namespace tf_injector::detail::cli
