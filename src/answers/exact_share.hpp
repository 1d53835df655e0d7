// The exact interval of a share of yes and no, whatever the share is (Clopper and Pearson, Biometrika 1934).
#pragma once

#include <cstdint>
#include <optional>

#include "stats/interval.hpp"

namespace tf_injector::detail {

// `hits` of `drawn` units had it, each unit drawn equally likely: independently, or, where the population is
// known, without replacement. Both ends err with at most (1 - confidence) / 2. Without a hit the lower end is
// 0 and the upper one above it; nothing drawn: 0 to 1; all drawn: the share itself.
[[nodiscard]] Interval exact_share_interval(int64_t hits, int64_t drawn, std::optional<int64_t> population,
                                            double confidence);

}  // namespace tf_injector::detail
