#include "session/check/full_check.hpp"

#include <algorithm>

#include "core/parallel.hpp"
#include "core/same_bits.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "session/check/check_failure.hpp"

namespace tf_injector::detail {

FullCheck::FullCheck(const Setup& setup, int every, const std::atomic<bool>* stop)
    : setup_(setup),
      every_(static_cast<size_t>(every)),
      stop_(stop),
      plain_(make_plain_engine(setup.plan(), setup.layout.engine())) {
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers_.push_back(setup.feed().make_buffers(setup.layout.tile));
}

void FullCheck::check_golden(const GoldenRun& golden, double) {
  const auto begin = Clock::now();
  require_equal(golden.scores, evaluate_plain(false), "the golden run");
  totals_ += {.golden_images = setup_.images(), .seconds = seconds_since(begin)};
}

void FullCheck::check_block(ListIndex first, const BlockResult& block, const GoldenRun& golden, double) {
  const auto begin = Clock::now();
  for (size_t i = 0; i < block.tallies.size(); ++i) {
    if (!takes(first + i)) continue;
    check_fault(first + i, block.scores[i], block.tallies[i], golden);
    totals_ += {.faults = 1, .pairs = setup_.images()};
  }
  totals_.seconds += seconds_since(begin);
}

void FullCheck::check_fault(ListIndex fault, std::span<const float> scores, const Tally& counted,
                            const GoldenRun& golden) {
  const std::string what = fault_text(setup_.faults[fault.value]);
  plain_->begin_block(std::span(setup_.patches).subspan(fault.value, 1));
  require_equal(scores, evaluate_plain(true), what);
  Tally expected;
  for (int64_t image = 0; image < setup_.images(); ++image) {
    expected += golden.tally(setup_, image, setup_.row(scores, image));
  }
  require_equal_counts(counted, expected, what);
}

std::vector<float> FullCheck::evaluate_plain(bool with_fault) {
  std::vector<float> scores(static_cast<size_t>(setup_.images()) * setup_.classes());
  parallel_for(setup_.tiles.size(), setup_.layout.threads, [&](size_t item, int thread) {
    check_stop(stop_);
    const Tile& tile = setup_.tiles[item];
    const TileImages images{.inputs = setup_.feed().fill(tile, buffers_[static_cast<size_t>(thread)]),
                            .tile = tile};
    const std::span<float> rows = setup_.rows(scores, tile);
    if (!with_fault) {
      plain_->run_golden(images, thread, rows);
      return;
    }
    const auto keep = [&](BlockIndex, int image, std::span<const float> row) {
      std::copy(row.begin(), row.end(), setup_.row(scores, tile.first + image).begin());
    };
    plain_->run_faults(images, BlockIndex(0), 1, {}, thread, {.row = keep, .advance = [](int64_t) {}});
  });
  return scores;
}

void FullCheck::require_equal(std::span<const float> scores, std::span<const float> plain,
                              const std::string& what) const {
  for (int64_t image = 0; image < setup_.images(); ++image) {
    const std::span<const float> found = setup_.row(scores, image), expected = setup_.row(plain, image);
    if (!same_bits(found, expected)) throw_different_rows(found, expected, what, image);
  }
}

CheckNeeds full_check_needs(const Setup& setup, int every, bool keeps_scores) {
  const EngineNeeds plain = plain_engine_needs(setup.plan(), setup.patches);
  const uint64_t scores = static_cast<uint64_t>(setup.images()) * setup.classes() * sizeof(float);
  return {.fixed_bytes = plain.bytes_per_fault + scores,
          .bytes_per_fault = keeps_scores ? 0 : scores / static_cast<uint64_t>(every) + 1,
          .bytes_per_thread = plain.sizes.front().bytes_per_thread,
          .bytes_per_thread_image = plain.bytes_per_thread_image + setup.feed().bytes_per_image()};
}

}  // namespace tf_injector::detail
