#include "campaign/golden_run.hpp"

#include <span>

#include "campaign/stop.hpp"
#include "core/parallel.hpp"
#include "core/wall_clock.hpp"

namespace tf_injector {
namespace {

// What the scores of a tile say.
void read_scores(const Setup& setup, const Tile& tile, GoldenRun& golden) {
  for (int64_t image = tile.first; image < tile.first + tile.images; ++image) {
    const std::span<const float> row = setup.row(golden.scores, image);
    const auto i = static_cast<size_t>(image);
    golden.top[i] = argmax(row);
    golden.itself[i] = tally_row(row, row, golden.top[i], setup.feed.label(image));
  }
}

}  // namespace

GoldenRun run_golden(const Setup& setup, Engine& engine, const std::atomic<bool>* stop) {
  const auto begin = Clock::now();
  const auto images = static_cast<size_t>(setup.images());
  GoldenRun golden;
  golden.scores.resize(images * setup.classes());
  golden.top.resize(images);
  golden.itself.resize(images);
  std::vector<ImageFeed::Buffers> buffers;
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers.push_back(setup.feed.make_buffers(setup.layout.tile));
  parallel_for(setup.tiles.size(), setup.layout.threads, [&](size_t item, int thread) {
    check_stop(stop);
    const Tile& tile = setup.tiles[item];
    const auto inputs = setup.feed.fill(tile, buffers[static_cast<size_t>(thread)]);
    engine.run_golden({.inputs = inputs, .tile = tile}, thread, setup.rows(golden.scores, tile));
    read_scores(setup, tile, golden);
  });
  for (const Tally& image : golden.itself) {
    golden.total += {.images = 1, .top_1_correct = image.top_1_correct, .top_5_correct = image.top_5_correct};
  }
  golden.seconds = seconds_since(begin);
  return golden;
}

}  // namespace tf_injector
