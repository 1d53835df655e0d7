#include "campaign/self_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "campaign/stop.hpp"
#include "core/bits.hpp"
#include "core/parallel.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

std::string bits_text(float value) { return fmt::format("0x{:08X} ({:.9g})", float_bits(value), value); }

std::string fault_text(const Fault& fault) {
  return fmt::format("fault {} ({}, {}, bit {})", fault.injection, fault.layer, format_index(fault.index),
                     fault.bit);
}

}  // namespace

SelfCheck::SelfCheck(const Setup& setup, int every, const std::atomic<bool>* stop)
    : setup_(setup), every_(static_cast<size_t>(every)), stop_(stop) {
  if (every_ == 0) return;
  plain_ = make_plain_engine(setup.plan, setup.layout.engine());
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers_.push_back(setup.feed.make_buffers(setup.layout.tile));
}

void SelfCheck::check_golden(const GoldenRun& golden) {
  if (every_ == 0) return;
  require_equal(golden.scores, evaluate_plain(false), "the golden run");
}

void SelfCheck::check_block(size_t first, const BlockResult& block) {
  for (size_t i = 0; i < block.tallies.size(); ++i) {
    if (!takes(first + i)) continue;
    plain_->begin_block(std::span(setup_.patches).subspan(first + i, 1));
    require_equal(block.scores[i], evaluate_plain(true), fault_text(setup_.faults[first + i]));
    ++faults_checked_;
  }
}

std::vector<float> SelfCheck::evaluate_plain(bool with_fault) {
  std::vector<float> scores(static_cast<size_t>(setup_.images()) * setup_.classes());
  parallel_for(setup_.tiles.size(), setup_.layout.threads, [&](size_t item, int thread) {
    check_stop(stop_);
    const Tile& tile = setup_.tiles[item];
    const TileImages images{.inputs = setup_.feed.fill(tile, buffers_[static_cast<size_t>(thread)]),
                            .tile = tile};
    const std::span<float> rows = setup_.rows(scores, tile);
    if (!with_fault) {
      plain_->run_golden(images, thread, rows);
      return;
    }
    const auto keep = [&](size_t, int image, std::span<const float> row) {
      std::copy(row.begin(), row.end(), setup_.row(scores, tile.first + image).begin());
    };
    plain_->run_faults(images, 0, 1, {}, thread, {.row = keep, .advance = [](int64_t) {}});
  });
  return scores;
}

void SelfCheck::require_equal(std::span<const float> scores, std::span<const float> plain,
                              const std::string& what) const {
  for (size_t i = 0; i < plain.size(); ++i) {
    if (float_bits(scores[i]) == float_bits(plain[i])) continue;
    throw Error(
        ErrorKind::self_check,
        fmt::format("self-check failed: {}, image {}, class {}: found {}, the plain evaluation gives {}; "
                    "this block's rows were not written; please report it with model, list and data",
                    what, i / setup_.classes(), i % setup_.classes(), bits_text(scores[i]),
                    bits_text(plain[i])));
  }
}

}  // namespace tf_injector
