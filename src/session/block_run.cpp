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
#include "session/check/self_check.hpp"

namespace tf_injector::detail {
namespace {

// So many pieces per thread keep all of them busy until the end of a block.
constexpr size_t kPiecesPerThread = 4;
// Of a part of a piece, where its block is kept.
constexpr double kPartSeconds = 1.0;
// What a fault takes on an image in golden runs, about: a first guess.
constexpr double kFaultShare = 0.1;
// Of the threads' time between two calls of a keeper: what a call may take.
constexpr double kKeepShare = 0.01;

}  // namespace

size_t faults_per_piece(const Setup& setup, size_t count) {
  const size_t wanted = kPiecesPerThread * static_cast<size_t>(setup.layout.threads);
  const size_t parts = divide_up(wanted, setup.tiles.size());
  return std::max(divide_up(count, parts), std::min(setup.least_block, count));
}

BlockRunner::BlockRunner(const Setup& setup, Engine& engine, GoldenRun& golden,
                         std::function<bool(ListIndex fault)> keep, const std::atomic<bool>* stop,
                         std::function<void(int64_t pairs)> advance, WorkKeeper keeper, SelfCheck* check)
    : setup_(setup),
      engine_(engine),
      golden_(golden),
      keep_(std::move(keep)),
      stop_(stop),
      advance_(std::move(advance)),
      keeper_(std::move(keeper)),
      check_(check) {
  for (int i = 0; i < setup.layout.threads; ++i)
    buffers_.push_back(setup.feed().make_buffers(setup.layout.tile));
}

std::vector<BlockRunner::Piece> BlockRunner::cut(size_t count) const {
  const size_t size = faults_per_piece(setup_, count);
  std::vector<Piece> pieces;
  for (const Tile& tile : setup_.tiles) {
    for (size_t first = 0; first < count; first += size)
      pieces.push_back({.tile = tile, .first = BlockIndex(first), .count = std::min(size, count - first)});
  }
  return pieces;
}

std::vector<BlockRunner::Piece> BlockRunner::cut(const std::vector<PairArea>& missing) const {
  std::vector<Piece> pieces;
  for (const PairArea& area : missing) {
    const size_t size = faults_per_piece(setup_, area.faults);
    const int64_t end = area.first_image + area.images;
    for (int64_t image = area.first_image; image < end;) {
      const auto images = static_cast<int>(std::min<int64_t>(setup_.layout.tile, end - image));
      const Tile tile = tile_at(image, images, setup_.images(), setup_.batch_size());
      for (size_t first = 0; first < area.faults; first += size) {
        pieces.push_back({.tile = tile,
                          .first = BlockIndex(area.first + first),
                          .count = std::min(size, area.faults - first)});
      }
      image += tile.images;
    }
  }
  return pieces;
}

BlockScores BlockRunner::wanted_scores(ListIndex first, size_t count) const {
  BlockScores scores(count);
  for (size_t i = 0; i < count; ++i)
    if (keep_(first + i)) scores[i] = golden_.scores;
  return scores;
}

void BlockRunner::run_pieces(ListIndex first, size_t count, std::optional<PartialBlock> before,
                             BlockResult& block, const Work& work) {
  assert(first.value + count <= setup_.patches.size());
  block.tallies.resize(count);
  block.details = no_counts(count).details;
  block.scores = before && has_scores() ? std::move(before->scores) : wanted_scores(first, count);
  engine_.begin_block(setup_.patches.subspan(first.value, count));
  std::vector<Piece> pieces;
  if (before) {
    assert(before->count() == count);
    pieces = cut(before->done.missing(count, setup_.images()));
    block.tallies = std::move(before->tallies);
    block.details = std::move(before->details);
  } else {
    pieces = cut(count);
  }
  begin_keeping(first, before, block);
  before.reset();
  parallel_for(pieces.size(), setup_.layout.threads, [&](size_t item, int thread) {
    check_stop(stop_);
    run_parts(pieces[item], thread, block, work);
  });
}

void BlockRunner::begin_keeping(ListIndex first, std::optional<PartialBlock>& before,
                                const BlockResult& block) {
  keeping_.is_on = keeper_.keep && (!has_scores() || keeper_.keep_scores) &&
                   (!keeping_.is_joined || can_keep_golden(setup_));
  keeping_.unwritten.clear();
  keeping_.first = first;
  keeping_.done = before ? std::move(before->done) : DonePairs();
  keeping_.pairs_left = static_cast<int64_t>(block.tallies.size()) * setup_.images() - keeping_.done.pairs();
  keeping_.last = Clock::now();
  keeping_.seconds_between = keeper_.seconds;
  keeping_.is_busy = false;
  if (seconds_per_pair_.load() == 0) {
    const int every = setup_.needs.check.value_or(0);
    const double in_golden_runs = kFaultShare + (every > 0 ? 1.0 / every : 0.0);
    seconds_per_pair_ =
        in_golden_runs * golden_.seconds * setup_.layout.threads / static_cast<double>(setup_.images());
  }
}

int BlockRunner::images_at_once(size_t faults, int images) const {
  const double seconds = seconds_per_pair_.load(std::memory_order_relaxed) * static_cast<double>(faults);
  if (seconds <= 0) return 1;
  return static_cast<int>(std::clamp(kPartSeconds / seconds, 1.0, static_cast<double>(images)));
}

void BlockRunner::run_parts(const Piece& piece, int thread, BlockResult& block, const Work& work) {
  Piece part = piece;
  for (int done = 0; done < piece.tile.images; done += part.tile.images) {
    const int left = piece.tile.images - done;
    const int images = keeping_.is_on ? images_at_once(piece.count, left) : left;
    part.tile = tile_at(piece.tile.first + done, images, setup_.images(), setup_.batch_size());
    const auto begin = Clock::now();
    const Counts counts = work(part, thread);
    check(part, counts, thread, block);
    seconds_per_pair_ =
        seconds_since(begin) / (static_cast<double>(part.count) * static_cast<double>(part.tile.images));
    add(part, counts, block);
  }
}

void BlockRunner::check(const Piece& piece, const Counts& counts, int thread, const BlockResult& block) {
  if (check_ == nullptr) return;
  if (keeping_.is_joined) check_->check_golden_rows(golden_, piece.tile, thread);
  for (size_t i = 0; i < piece.count; ++i) {
    const BlockIndex of_block = piece.first + i;
    const ListIndex fault = in_list(keeping_.first, of_block);
    if (!check_->takes(fault)) continue;
    check_->check_rows(fault, piece.tile, setup_.rows(block.scores[of_block.value], piece.tile),
                       counts.tallies[i], golden_, thread);
  }
}

void BlockRunner::add(const Piece& piece, const Counts& counts, BlockResult& block) {
  const auto begin = Clock::now();
  std::string work;
  std::vector<PairArea> unwritten;
  {
    const std::lock_guard lock(adding_);
    for (size_t i = 0; i < piece.count; ++i) block.tallies[(piece.first + i).value] += counts.tallies[i];
    if (block.details) block.details->add(piece.first.value, *counts.details);
    if (!keeping_.is_on) return;
    const PairArea area{piece.first.value, piece.count, piece.tile.first, piece.tile.images};
    keeping_.done.add(area);
    if (has_scores()) keeping_.unwritten.push_back(area);
    keeping_.pairs_left -= area.pairs();
    if (keeping_.is_busy || keeping_.pairs_left == 0 ||
        seconds_since(keeping_.last) < keeping_.seconds_between)
      return;
    keeping_.is_busy = true;
    unwritten.swap(keeping_.unwritten);
    keeping_.done.merge();
    work = partial_block_bytes(setup_, {.first = keeping_.first,
                                        .tallies = block.tallies,
                                        .details = block.details ? &*block.details : nullptr,
                                        .done = keeping_.done,
                                        .golden = golden_,
                                        .is_joined = keeping_.is_joined,
                                        .kept = kept_});
  }
  keep(block, work, unwritten, begin);
}

// No other thread writes scores of what is done.
void BlockRunner::keep(const BlockResult& block, std::string_view work, std::span<const PairArea> unwritten,
                       Clock::time_point begin) {
  if (has_scores()) write_scores(setup_, golden_, block.scores, unwritten, keeper_.keep_scores);
  keeper_.keep(work);
  const std::lock_guard lock(adding_);
  keeping_.last = Clock::now();
  if (keeper_.seconds > 0)
    keeping_.seconds_between =
        std::max(keeper_.seconds, seconds_since(begin) / (kKeepShare * setup_.layout.threads));
  keeping_.is_busy = false;
}

BlockResult BlockRunner::run(ListIndex first, size_t count, KeptRows* kept,
                             std::optional<PartialBlock> before) {
  BlockResult block;
  kept_ = kept;
  keeping_.is_joined = false;
  run_pieces(first, count, std::move(before), block,
             [&](const Piece& piece, int thread) { return run_piece(piece, thread, block); });
  return block;
}

BlockResult BlockRunner::run_with_golden(ListIndex first, size_t count, KeptRows* kept,
                                         std::optional<PartialBlock> before) {
  assert(faults_per_piece(setup_, count) == count);
  BlockResult block;
  kept_ = kept;
  keeping_.is_joined = true;
  std::vector<double> seconds(static_cast<size_t>(setup_.layout.threads));
  run_pieces(first, count, std::move(before), block, [&](const Piece& piece, int thread) {
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
    const int64_t image = piece.tile.first + image_of_tile;
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
  const Tile& tile = piece.tile;
  Counts counts = no_counts(piece.count);
  Tally unchanged;
  for (int image = 0; image < tile.images; ++image) {
    const auto i = static_cast<size_t>(tile.first + image);
    unchanged += golden_.tally_if_unchanged[i];
    if (counts.details) counts.details->add_unchanged(golden_.details[i]);
  }
  std::fill(counts.tallies.begin(), counts.tallies.end(), unchanged);
  const auto inputs = setup_.feed().fill(tile, buffers_[static_cast<size_t>(thread)]);
  engine_.run_faults({.inputs = inputs, .tile = tile, .stop = stop_}, piece.first, piece.count,
                     setup_.rows(std::as_const(golden_.scores), tile), thread, sink(piece, counts, block));
  return counts;
}

// The same, with what a golden row counts added as soon as it is there.
BlockRunner::Counts BlockRunner::run_piece_with_golden(const Piece& piece, int thread, BlockResult& block,
                                                       double& golden_seconds) {
  assert(piece.first == BlockIndex(0));
  const Tile& tile = piece.tile;
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
  engine_.run_golden_and_faults({.inputs = inputs, .tile = tile, .stop = stop_}, piece.count,
                                setup_.rows(golden_.scores, tile), thread, golden_row, faults);
  return counts;
}

}  // namespace tf_injector::detail
