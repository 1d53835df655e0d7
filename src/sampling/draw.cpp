#include "sampling/draw.hpp"

#include <algorithm>
#include <numeric>
#include <utility>
#include <vector>

#include "core/stop.hpp"

namespace tf_injector::detail {
namespace {

constexpr int64_t kBetweenLooks = 1 << 16;  // numbers between two looks at `stop`

// Whoever draws a batch as large as what is missing, and drops what was there, has at last the first
// different numbers of one long sequence.
std::vector<int64_t> draw_different(PythonRandom& random, int64_t population, int64_t count,
                                    const std::atomic<bool>* stop) {
  std::vector<int64_t> drawn;
  drawn.reserve(static_cast<size_t>(count));
  while (static_cast<int64_t>(drawn.size()) < count) {
    check_stop(stop);
    const int64_t missing = count - static_cast<int64_t>(drawn.size());
    for (int64_t i = 0; i < missing; ++i) {
      if (i % kBetweenLooks == 0) check_stop(stop);
      drawn.push_back(random.below(population));
    }
    std::sort(drawn.begin(), drawn.end());
    drawn.erase(std::unique(drawn.begin(), drawn.end()), drawn.end());
  }
  return drawn;
}

}  // namespace

void draw_without_replacement(PythonRandom& random, int64_t population, int64_t count,
                              const std::function<void(int64_t)>& give, const std::atomic<bool>* stop) {
  if (count <= population / 2) {
    for (const int64_t number : draw_different(random, population, count, stop)) give(number);
    return;
  }
  const std::vector<int64_t> left_out = draw_different(random, population, population - count, stop);
  auto next = left_out.begin();
  for (int64_t number = 0; number < population; ++number) {
    if (number % kBetweenLooks == 0) check_stop(stop);
    if (next != left_out.end() && *next == number) {
      ++next;
    } else {
      give(number);
    }
  }
}

std::vector<int64_t> random_order(PythonRandom& random, int64_t count) {
  std::vector<int64_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[static_cast<size_t>(random.below(static_cast<int64_t>(i)))]);
  return order;
}

}  // namespace tf_injector::detail
