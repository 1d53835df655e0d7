// --check N: golden and every Nth fault are evaluated the plain way on all images.
#pragma once

#include "engine/engine.hpp"
#include "session/check/self_check.hpp"

namespace tf_injector::detail {

class FullCheck final : public SelfCheck {
 public:
  FullCheck(const Setup& setup, int every, const std::atomic<bool>* stop);
  [[nodiscard]] bool takes(ListIndex fault) const noexcept override { return fault.value % every_ == 0; }
  void check_golden(const GoldenRun& golden, double seconds) override;
  void check_block(ListIndex first, const BlockResult& block, const GoldenRun& golden,
                   double seconds) override;

 private:
  // The plain scores of all images, of the fault that was begun or of none.
  std::vector<float> evaluate_plain(bool with_fault);
  void check_fault(ListIndex fault, std::span<const float> scores, const Tally& counted,
                   const GoldenRun& golden);
  void require_equal(std::span<const float> scores, std::span<const float> plain,
                     const std::string& what) const;

  const Setup& setup_;
  size_t every_;
  const std::atomic<bool>* stop_;
  std::unique_ptr<Engine> plain_;
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
};

// One fault at a time is evaluated, with the run's own tiles; the scores of the faults that are checked are
// kept until then.
[[nodiscard]] CheckNeeds full_check_needs(const Setup& setup, int every, bool keeps_scores);

}  // namespace tf_injector::detail
