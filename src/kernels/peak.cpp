#include "kernels/peak.hpp"

#include <algorithm>

#include "core/processor_clock.hpp"
#include "kernels/simd/simd_table.hpp"

namespace tf_injector::detail {

double peak_multiply_adds(KernelSet set) {
  constexpr int kRuns = 20;
  constexpr int64_t kRounds = 500'000;  // some milliseconds
  const simd::SimdTable* table = simd::simd_table(set);
  if (table == nullptr) return 0;
  double best = 0;
  volatile float result = 0;  // keeps the compiler from removing the work
  for (int run = 0; run < kRuns; ++run) {
    const double begin = thread_seconds();
    result = table->multiply_add_chains(kRounds);
    const double seconds = thread_seconds() - begin;
    best = std::max(best, static_cast<double>(kRounds * table->multiply_adds_per_round) / seconds);
  }
  static_cast<void>(result);
  return best;
}

}  // namespace tf_injector::detail
