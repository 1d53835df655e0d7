#include "session/golden_run.hpp"

#include <span>
#include <utility>

#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "metrics/tally.hpp"

namespace tf_injector::detail {

GoldenRun::GoldenRun(const Setup& setup)
    : scores(static_cast<size_t>(setup.images()) * setup.classes()),
      top(static_cast<size_t>(setup.images())),
      tally_if_unchanged(static_cast<size_t>(setup.images())),
      details(setup.needs.details ? static_cast<size_t>(setup.images()) : 0) {}

void GoldenRun::read(const Setup& setup, int64_t first, int64_t images) {
  for (int64_t image = first; image < first + images; ++image) {
    const std::span<const float> row = setup.row(std::as_const(scores), image);
    const auto i = static_cast<size_t>(image);
    top[i] = setup.decision().top(row);
    tally_if_unchanged[i] = tally(setup, image, row);
    if (!details.empty())
      details[i] = golden_details(row, top[i], tally_if_unchanged[i], setup.decision(), setup.confidence());
  }
}

Tally GoldenRun::tally(const Setup& setup, int64_t image, std::span<const float> row) const {
  return tally_row(row, setup.row(scores, image), top[static_cast<size_t>(image)], setup.feed().label(image),
                   setup.decision());
}

RowDetails GoldenRun::details_of(const Setup& setup, int64_t image, std::span<const float> row,
                                 const Tally& tally) const {
  return row_details(row, setup.row(scores, image), details[static_cast<size_t>(image)], tally,
                     setup.decision(), setup.confidence());
}

void GoldenRun::add_up() {
  total = {};
  for (const Tally& image : tally_if_unchanged)
    total += {.images = 1, .top_1_correct = image.top_1_correct, .top_5_correct = image.top_5_correct};
}

GoldenRun run_golden(const Setup& setup, Engine& engine, const std::atomic<bool>* stop) {
  const auto begin = Clock::now();
  GoldenRun golden(setup);
  std::vector<ImageFeed::Buffers> buffers;
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers.push_back(setup.feed().make_buffers(setup.layout.tile));
  parallel_for(setup.tiles.size(), setup.layout.threads, [&](size_t item, int thread) {
    check_stop(stop);
    const Tile& tile = setup.tiles[item];
    const auto inputs = setup.feed().fill(tile, buffers[static_cast<size_t>(thread)]);
    engine.run_golden({.inputs = inputs, .tile = tile}, thread, setup.rows(golden.scores, tile));
    golden.read(setup, tile.first, tile.images);
  });
  golden.add_up();
  golden.seconds = seconds_since(begin);
  return golden;
}

}  // namespace tf_injector::detail
