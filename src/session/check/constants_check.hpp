// What a run reads over and over and never writes: weights, images, labels, faults, golden scores. That they
// are what they were at the start is checked before the rows of a block are written: a bit of the memory that
// turned over would else decide every row behind it, and no comparison of two ways to compute would see it.
#pragma once

#include <cstdint>
#include <vector>

#include "core/fault_index.hpp"
#include "engine/engine.hpp"
#include "session/constant_hashes.hpp"
#include "session/golden_run.hpp"
#include "session/setup.hpp"

namespace tf_injector::detail {

struct ConstantTotals {
  int64_t blocks = 0;        // behind which everything was what it was at the start
  int64_t golden_again = 0;  // images whose golden scores were computed once more
  double seconds = 0;
};

class ConstantsCheck {
 public:
  // All must outlive it. What is there now is what must stay; nothing is checked where the run's `check` is
  // 0.
  ConstantsCheck(const Setup& setup, Engine& engine);

  // From now on golden is complete and must not change.
  void begin(const GoldenRun& golden);
  // Compares everything. Throws Error(self_check): says what changed.
  void require_unchanged(const GoldenRun& golden, ListIndex first, size_t faults) const;
  // At the end of a block of these faults, while no other thread uses the engine: compares everything, and
  // computes the golden scores of some images once more. Throws Error(self_check).
  void check(const GoldenRun& golden, ListIndex first, size_t faults);

  [[nodiscard]] const ConstantTotals& totals() const noexcept { return totals_; }

 private:
  void compute_golden_again(const GoldenRun& golden);

  const Setup& setup_;
  Engine& engine_;
  bool is_on_;
  ConstantHashes session_hashes_, engine_hashes_;
  std::vector<uint64_t> fault_hashes_;  // of so many faults each
  uint64_t golden_hash_ = 0;
  std::vector<float> scores_;  // of an image
  ImageFeed::Buffers buffers_;
  ConstantTotals totals_;
};

}  // namespace tf_injector::detail
