// Draws without replacement.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

#include "sampling/python_random.hpp"

namespace tf_injector::detail {

// Gives `count` different numbers of 0 .. population - 1, ascending, every set of them equally likely: the
// first different ones of random.below(population), or, of more than half of the population, those that are
// left out are drawn. Takes 8 bytes for each number that is drawn; none where all are given.
void draw_without_replacement(PythonRandom& random, int64_t population, int64_t count,
                              const std::function<void(int64_t)>& give, const std::atomic<bool>* stop);

// The numbers 0 .. count - 1, every order equally likely (Fisher and Yates).
[[nodiscard]] std::vector<int64_t> random_order(PythonRandom& random, int64_t count);

}  // namespace tf_injector::detail
