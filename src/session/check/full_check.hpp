// --check N: golden and every Nth fault are evaluated the plain way on all images, piece by piece as the work
// is done: what is kept of a block that a kill ends is checked.
#pragma once

#include <optional>
#include <vector>

#include "session/check/plain_rows.hpp"
#include "session/check/self_check.hpp"

namespace tf_injector::detail {

class FullCheck final : public SelfCheck {
 public:
  FullCheck(const Setup& setup, int every, const std::atomic<bool>* stop);
  [[nodiscard]] bool takes(ListIndex fault) const noexcept override {
    return (setup_.first_row + fault.value) % every_ == 0;
  }
  void check_golden_rows(const GoldenRun& golden, const Tile& tile, int thread) override;
  void check_rows(ListIndex fault, const Tile& tile, std::span<const float> rows, const Tally& counted,
                  const GoldenRun& golden, int thread) override;
  void check_golden(const GoldenRun& golden, double seconds) override;
  void check_block(ListIndex first, const BlockResult& block, const GoldenRun& golden,
                   double seconds) override;

 private:
  struct Thread {
    PlainRows plain;
    double seconds = 0;  // not in the totals yet
  };
  // The rows of the tile are those of the plain evaluation with this fault, or none.
  void require_equal(std::span<const float> rows, std::optional<ListIndex> fault, const Tile& tile,
                     int thread, const std::string& what);
  [[nodiscard]] double seconds_since_last();

  const Setup& setup_;
  size_t every_;
  const std::atomic<bool>* stop_;
  std::vector<Thread> threads_;
};

// Every thread evaluates a fault at a time, on the run's own tiles; the scores of the faults that are checked
// are kept while their block runs.
[[nodiscard]] CheckNeeds full_check_needs(const Setup& setup, int every, bool keeps_scores);

}  // namespace tf_injector::detail
