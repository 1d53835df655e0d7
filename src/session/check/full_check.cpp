#include "session/check/full_check.hpp"

#include <utility>

#include "core/same_bits.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "session/check/check_failure.hpp"

namespace tf_injector::detail {

FullCheck::FullCheck(const Setup& setup, int every, const std::atomic<bool>* stop)
    : setup_(setup), every_(static_cast<size_t>(every)), stop_(stop) {
  for (int i = 0; i < setup.layout.threads; ++i)
    threads_.push_back({PlainRows(setup.plan(), setup.feed(), setup.layout.tile, stop)});
}

void FullCheck::check_golden_rows(const GoldenRun& golden, const Tile& tile, int thread) {
  require_equal(setup_.rows(golden.scores, tile), std::nullopt, tile, thread, "the golden run");
}

void FullCheck::check_rows(ListIndex fault, const Tile& tile, std::span<const float> rows,
                           const Tally& counted, const GoldenRun& golden, int thread) {
  const std::string what = fault_text(setup_.faults[fault.value]);
  require_equal(rows, fault, tile, thread, what);
  Tally expected;
  for (int image = 0; image < tile.images; ++image) {
    const std::span<const float> row =
        rows.subspan(static_cast<size_t>(image) * setup_.classes(), setup_.classes());
    expected += golden.tally(setup_, tile.first + image, row);
  }
  require_equal_counts(counted, expected, what);
}

void FullCheck::require_equal(std::span<const float> rows, std::optional<ListIndex> fault, const Tile& tile,
                              int thread, const std::string& what) {
  check_stop(stop_);
  const auto begin = Clock::now();
  Thread& of = threads_[static_cast<size_t>(thread)];
  const std::span<const float> plain =
      fault ? of.plain.evaluate(setup_.patches, fault->value, tile) : of.plain.evaluate({}, tile);
  for (int image = 0; image < tile.images; ++image) {
    const size_t at = static_cast<size_t>(image) * setup_.classes();
    const std::span<const float> found = rows.subspan(at, setup_.classes()),
                                 expected = plain.subspan(at, setup_.classes());
    if (!same_bits(found, expected)) throw_different_rows(found, expected, what, tile.first + image);
  }
  of.seconds += seconds_since(begin);
}

double FullCheck::seconds_since_last() {
  double seconds = 0;
  for (Thread& thread : threads_) seconds += std::exchange(thread.seconds, 0.0);
  return seconds / static_cast<double>(threads_.size());
}

void FullCheck::check_golden(const GoldenRun&, double) {
  totals_ += {.golden_images = setup_.images(), .seconds = seconds_since_last()};
}

// The counts of the pieces were checked; these are their sums.
void FullCheck::check_block(ListIndex first, const BlockResult& block, const GoldenRun&, double) {
  for (size_t i = 0; i < block.tallies.size(); ++i)
    if (takes(first + i)) totals_ += {.faults = 1, .pairs = setup_.images()};
  totals_.seconds += seconds_since_last();
}

CheckNeeds full_check_needs(const Setup& setup, int every, bool keeps_scores) {
  const uint64_t scores = static_cast<uint64_t>(setup.images()) * setup.classes() * sizeof(float);
  return {.fixed_bytes = 0,
          .bytes_per_fault = keeps_scores ? 0 : scores / static_cast<uint64_t>(every) + 1,
          .bytes_per_thread = plain_engine_needs(setup.plan(), setup.patches).bytes_per_fault,
          .bytes_per_thread_image = PlainRows::bytes_per_image(setup.plan(), setup.feed())};
}

}  // namespace tf_injector::detail
