#include "session/block_run.hpp"

#include <algorithm>
#include <cassert>
#include <mutex>
#include <numeric>
#include <utility>

#include "core/parallel.hpp"
#include "core/round_up.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"

namespace tf_injector::detail {
namespace {

// So many pieces per thread keep all of them busy until the end of a block.
constexpr size_t kPiecesPerThread = 4;

}  // namespace

size_t faults_per_piece(const Setup& setup, size_t count) {
  const size_t wanted = kPiecesPerThread * static_cast<size_t>(setup.layout.threads);
  const size_t parts = divide_up(wanted, setup.tiles.size());
  return std::max(divide_up(count, parts), std::min(setup.least_block, count));
}

BlockRunner::BlockRunner(const Setup& setup, Engine& engine, GoldenRun& golden,
                         std::function<bool(ListIndex fault)> keep, const std::atomic<bool>* stop,
                         std::function<void(int64_t pairs)> advance)
    : setup_(setup),
      engine_(engine),
      golden_(golden),
      keep_(std::move(keep)),
      stop_(stop),
      advance_(std::move(advance)) {
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers_.push_back(setup.feed().make_buffers(setup.layout.tile));
}

std::vector<BlockRunner::Piece> BlockRunner::cut(size_t count) const {
  const size_t size = faults_per_piece(setup_, count);
  std::vector<Piece> pieces;
  for (const Tile& tile : setup_.tiles) {
    for (size_t first = 0; first < count; first += size)
      pieces.push_back({.tile = &tile, .first = BlockIndex(first), .count = std::min(size, count - first)});
  }
  return pieces;
}

void BlockRunner::run_pieces(ListIndex first, size_t count, KeptRows* kept, BlockResult& block,
                             const std::function<Counts(const Piece&, int thread)>& work) {
  assert(first.value + count <= setup_.patches.size());
  kept_ = kept;
  block.tallies.resize(count);
  block.scores.resize(count);
  block.details = no_counts(count).details;
  for (size_t i = 0; i < count; ++i) {
    if (keep_(first + i)) block.scores[i] = golden_.scores;
  }
  engine_.begin_block(std::span(setup_.patches).subspan(first.value, count));
  const std::vector<Piece> pieces = cut(count);
  std::mutex adding;
  parallel_for(pieces.size(), setup_.layout.threads, [&](size_t item, int thread) {
    check_stop(stop_);
    const Piece& piece = pieces[item];
    const Counts counts = work(piece, thread);
    const std::lock_guard lock(adding);
    for (size_t i = 0; i < piece.count; ++i) block.tallies[(piece.first + i).value] += counts.tallies[i];
    if (block.details) block.details->add(piece.first.value, *counts.details);
  });
}

BlockResult BlockRunner::run(ListIndex first, size_t count, KeptRows* kept) {
  BlockResult block;
  run_pieces(first, count, kept, block,
             [&](const Piece& piece, int thread) { return run_piece(piece, thread, block); });
  return block;
}

BlockResult BlockRunner::run_with_golden(ListIndex first, size_t count, KeptRows* kept) {
  assert(faults_per_piece(setup_, count) == count);
  BlockResult block;
  std::vector<double> seconds(static_cast<size_t>(setup_.layout.threads));
  run_pieces(first, count, kept, block, [&](const Piece& piece, int thread) {
    return run_piece_with_golden(piece, thread, block, seconds[static_cast<size_t>(thread)]);
  });
  golden_.add_up();
  golden_.seconds = std::accumulate(seconds.begin(), seconds.end(), 0.0) / setup_.layout.threads;
  return block;
}

BlockRunner::Counts BlockRunner::no_counts(size_t faults) const {
  Counts counts{.tallies = std::vector<Tally>(faults), .details = std::nullopt};
  if (setup_.needs.details) counts.details.emplace(faults, setup_.decision_classes());
  return counts;
}

FaultSink BlockRunner::sink(const Piece& piece, Counts& all, BlockResult& block) {
  const auto row = [&](BlockIndex fault, int image_of_tile, std::span<const float> scores) {
    const int64_t image = piece.tile->first + image_of_tile;
    const auto i = static_cast<size_t>(image);
    Tally& tally = all.tallies[piece.place_of(fault)];
    tally -= golden_.tally_if_unchanged[i];
    const Tally counts = golden_.tally(setup_, image, scores);
    tally += counts;
    if (all.details) {
      all.details->replace(piece.place_of(fault), golden_.details[i],
                           golden_.details_of(setup_, image, scores, counts));
    }
    if (kept_ != nullptr) kept_->take(fault, image, scores, counts);
    std::vector<float>& wanted = block.scores[fault.value];
    if (!wanted.empty()) std::copy(scores.begin(), scores.end(), setup_.row(wanted, image).begin());
  };
  const auto advance = [&](int64_t pairs) {
    check_stop(stop_);
    advance_(pairs);
  };
  return {.row = row, .advance = advance};
}

// Starts from what the golden rows count and corrects it for every row that the engine gives: rows that it
// leaves out are golden. Every pair of fault and image belongs to one piece: no two threads write the same
// row.
BlockRunner::Counts BlockRunner::run_piece(const Piece& piece, int thread, BlockResult& block) {
  const Tile& tile = *piece.tile;
  Counts counts = no_counts(piece.count);
  Tally unchanged;
  for (int image = 0; image < tile.images; ++image) {
    const auto i = static_cast<size_t>(tile.first + image);
    unchanged += golden_.tally_if_unchanged[i];
    if (counts.details) counts.details->add_unchanged(golden_.details[i]);
  }
  std::fill(counts.tallies.begin(), counts.tallies.end(), unchanged);
  const auto inputs = setup_.feed().fill(tile, buffers_[static_cast<size_t>(thread)]);
  engine_.run_faults({.inputs = inputs, .tile = tile}, piece.first, piece.count,
                     setup_.rows(std::as_const(golden_.scores), tile), thread, sink(piece, counts, block));
  return counts;
}

// The same, with what a golden row counts added as soon as it is there.
BlockRunner::Counts BlockRunner::run_piece_with_golden(const Piece& piece, int thread, BlockResult& block,
                                                       double& golden_seconds) {
  assert(piece.first == BlockIndex(0));
  const Tile& tile = *piece.tile;
  Counts counts = no_counts(piece.count);
  FaultSink faults = sink(piece, counts, block);
  const auto inputs = setup_.feed().fill(tile, buffers_[static_cast<size_t>(thread)]);
  auto faults_end = Clock::now();  // since then it is the golden run's time
  const auto golden_row = [&](int image_of_tile) {
    const int64_t image = tile.first + image_of_tile;
    golden_.read(setup_, image, 1);
    const auto place = static_cast<size_t>(image);
    for (Tally& tally : counts.tallies) tally += golden_.tally_if_unchanged[place];
    if (counts.details) counts.details->add_unchanged(golden_.details[place]);
    const std::span<const float> row = setup_.row(std::as_const(golden_.scores), image);
    for (size_t i = 0; i < piece.count; ++i) {
      std::vector<float>& wanted = block.scores[(piece.first + i).value];
      if (!wanted.empty()) std::copy(row.begin(), row.end(), setup_.row(wanted, image).begin());
    }
    golden_seconds += seconds_since(faults_end);
    faults_end = Clock::now();
  };
  faults.advance = [&, advance = std::move(faults.advance)](int64_t pairs) {
    advance(pairs);
    faults_end = Clock::now();
  };
  engine_.run_golden_and_faults({.inputs = inputs, .tile = tile}, piece.count,
                                setup_.rows(golden_.scores, tile), thread, golden_row, faults);
  return counts;
}

}  // namespace tf_injector::detail
