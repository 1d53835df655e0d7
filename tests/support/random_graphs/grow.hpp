// How an op is added to a growing graph: one overload of `grow` per op of the variant, so that an op that is
// forgotten does not compile (random_graph.hpp).
#pragma once

#include <optional>

#include "support/random_graphs/growing_graph.hpp"

namespace tf_injector::detail::test {

// grow(Kind<ops::Conv2D>{}, graph): adds the op behind some node, and perhaps what usually stands around it.
// Empty: it did not fit there.
template <class O>
struct Kind {};
using Grown = std::optional<NodeId>;

// Does a value of this shape keep the network small?
inline bool is_small(const Shape& shape) { return shape.elements() <= kMostElements; }

// Not a number that some vector length divides, mostly.
inline int64_t random_channels(Dice& dice) { return dice.among({1, 2, 3, 4, 5, 7, 8, 11, 16, 17, 20, 33}); }

}  // namespace tf_injector::detail::test
