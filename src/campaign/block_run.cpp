#include "campaign/block_run.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

#include "campaign/stop.hpp"
#include "core/parallel.hpp"

namespace tf_injector {
namespace {

// So many pieces per thread keep all of them busy until the end of a block.
constexpr size_t kPiecesPerThread = 4;

}  // namespace

BlockRunner::BlockRunner(const Setup& setup, Engine& engine, const GoldenRun& golden,
                         std::function<bool(size_t place)> keep, const std::atomic<bool>* stop,
                         std::function<void(int64_t pairs)> advance)
    : setup_(setup),
      engine_(engine),
      golden_(golden),
      keep_(std::move(keep)),
      stop_(stop),
      advance_(std::move(advance)) {
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers_.push_back(setup.feed.make_buffers(setup.layout.tile));
}

// Tiles alone, where there are enough of them; else the block's faults are cut too, but not into parts that
// the engine's fixed cost would make dear.
std::vector<BlockRunner::Piece> BlockRunner::cut(size_t count) const {
  const size_t wanted = kPiecesPerThread * static_cast<size_t>(setup_.layout.threads);
  const size_t parts = (wanted + setup_.tiles.size() - 1) / setup_.tiles.size();
  const size_t size = std::max((count + parts - 1) / parts, std::min(setup_.least_block, count));
  std::vector<Piece> pieces;
  for (const Tile& tile : setup_.tiles) {
    for (size_t first = 0; first < count; first += size)
      pieces.push_back({.tile = &tile, .first = first, .count = std::min(size, count - first)});
  }
  return pieces;
}

BlockResult BlockRunner::run(size_t first, size_t count) {
  BlockResult block;
  block.tallies.resize(count);
  block.scores.resize(count);
  for (size_t fault = 0; fault < count; ++fault) {
    if (keep_(first + fault)) block.scores[fault] = golden_.scores;
  }
  engine_.begin_block(std::span(setup_.patches).subspan(first, count));
  const std::vector<Piece> pieces = cut(count);
  std::mutex adding;
  parallel_for(pieces.size(), setup_.layout.threads, [&](size_t item, int thread) {
    const Piece& piece = pieces[item];
    const std::vector<Tally> tallies = run_piece(piece, thread, block);
    const std::lock_guard lock(adding);
    for (size_t i = 0; i < piece.count; ++i) block.tallies[piece.first + i] += tallies[i];
  });
  return block;
}

// Starts from what the golden rows count and corrects it for every row that the engine gives: rows that it
// leaves out are golden. Every pair of fault and image belongs to one piece: no two threads write the same
// row.
std::vector<Tally> BlockRunner::run_piece(const Piece& piece, int thread, BlockResult& block) {
  check_stop(stop_);
  const Tile& tile = *piece.tile;
  Tally unchanged;
  for (int image = 0; image < tile.images; ++image)
    unchanged += golden_.itself[static_cast<size_t>(tile.first + image)];
  std::vector<Tally> tallies(piece.count, unchanged);
  const FaultSink sink{.row =
                           [&](size_t fault, int image_of_tile, std::span<const float> scores) {
                             const int64_t image = tile.first + image_of_tile;
                             const auto i = static_cast<size_t>(image);
                             Tally& tally = tallies[fault - piece.first];
                             tally -= golden_.itself[i];
                             tally += tally_row(scores, setup_.row(golden_.scores, image), golden_.top[i],
                                                setup_.feed.label(image));
                             if (!block.scores[fault].empty())
                               std::copy(scores.begin(), scores.end(),
                                         setup_.row(block.scores[fault], image).begin());
                           },
                       .advance =
                           [&](int64_t pairs) {
                             check_stop(stop_);
                             advance_(pairs);
                           }};
  const auto inputs = setup_.feed.fill(tile, buffers_[static_cast<size_t>(thread)]);
  engine_.run_faults({.inputs = inputs, .tile = tile}, piece.first, piece.count,
                     setup_.rows(golden_.scores, tile), thread, sink);
  return tallies;
}

}  // namespace tf_injector
