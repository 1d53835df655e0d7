// Which layers are the most critical, by a sample's faults or by some of them.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "answers/domain_walk.hpp"
#include "answers/sample_design.hpp"

namespace tf_injector::detail {

// The design's layers that have cells, the most critical first: by the mean of the values over all their
// faults. Of a bit of a layer that is the mean of what was seen there and, with the weight of three faults,
// of what was seen of that bit in all layers: few faults of a small layer are no reason to choose it. Equal
// ones in the order of the design. `domain`: of the whole design, walked.
[[nodiscard]] std::vector<size_t> rank_layers(const SampleDesign& design, const Domain& domain,
                                              std::span<const double> values);

// A domain with the first or the second half of its rows, in the order of the walk: for estimates only.
struct DomainHalves {
  Domain first, second;
};
[[nodiscard]] DomainHalves halves_of(const Domain& domain);

}  // namespace tf_injector::detail
