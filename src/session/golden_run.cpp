#include "session/golden_run.hpp"

#include <algorithm>
#include <mutex>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "core/byte_stream.hpp"
#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "metrics/tally.hpp"
#include "session/check/self_check.hpp"
#include "session/partial_golden.hpp"

namespace tf_injector::detail {
namespace {

// Of a part of a tile, where the run is kept.
constexpr double kGoldenPartSeconds = 1.0;

class GoldenRunner {
 public:
  GoldenRunner(const Setup& setup, Engine& engine, const GoldenWork& work)
      : setup_(setup),
        engine_(engine),
        work_(work),
        golden_(setup),
        done_(static_cast<size_t>(setup.images())),
        check_seconds_(static_cast<size_t>(setup.layout.threads)) {
    for (int i = 0; i < setup.layout.threads; ++i)
      buffers_.push_back(setup.feed().make_buffers(setup.layout.tile));
  }

  GoldenRun run() {
    if (work_.before != nullptr) {
      work_.before->restore(setup_, golden_);
      done_ = work_.before->done;
    }
    const std::vector<Tile> tiles = work_.before == nullptr ? setup_.tiles : missing_tiles();
    parallel_for(tiles.size(), setup_.layout.threads,
                 [&](size_t item, int thread) { run_parts(tiles[item], thread); });
    golden_.add_up();
    golden_.is_done = true;
    golden_.spent = seconds_since(begin_);
    golden_.seconds = thread_seconds() / setup_.layout.threads;
    if (work_.keep && !tiles.empty() && golden_.spent >= work_.seconds) work_.keep(bytes());
    return std::move(golden_);
  }

 private:
  [[nodiscard]] std::vector<Tile> missing_tiles() const {
    std::vector<Tile> tiles;
    for (int64_t first = 0; first < setup_.images();) {
      const auto is_done = [&](int64_t image) { return done_[static_cast<size_t>(image)]; };
      int64_t end = first;
      while (end < setup_.images() && end - first < setup_.layout.tile && !is_done(end)) ++end;
      if (end > first)
        tiles.push_back(tile_at(first, static_cast<int>(end - first), setup_.images(), setup_.batch_size()));
      first = end > first ? first + tiles.back().images : first + 1;
    }
    return tiles;
  }
  // Of this run and those before it, without the checks.
  [[nodiscard]] double thread_seconds() const {
    const double before = work_.before == nullptr ? 0.0 : work_.before->thread_seconds;
    const double checks = std::accumulate(check_seconds_.begin(), check_seconds_.end(), 0.0);
    return std::max(before + seconds_since(begin_) * setup_.layout.threads - checks, 0.0);
  }
  [[nodiscard]] std::string bytes() const {
    return partial_golden_bytes(setup_, golden_, done_, thread_seconds());
  }

  // A tile in parts of about a second, where it is kept: what is done of it counts.
  void run_parts(const Tile& tile, int thread) {
    for (int done = 0; done < tile.images;) {
      check_stop(work_.stop);
      const int left = tile.images - done;
      const Tile part = tile_at(tile.first + done, work_.keep ? images_at_once(left) : left, setup_.images(),
                                setup_.batch_size());
      run_part(part, thread);
      done += part.images;
    }
  }
  [[nodiscard]] int images_at_once(int images) const {
    const double seconds = seconds_per_image_.load(std::memory_order_relaxed);
    return seconds <= 0
               ? 1
               : static_cast<int>(std::clamp(kGoldenPartSeconds / seconds, 1.0, static_cast<double>(images)));
  }
  void run_part(const Tile& part, int thread) {
    const auto begin = Clock::now();
    const auto inputs = setup_.feed().fill(part, buffers_[static_cast<size_t>(thread)]);
    engine_.run_golden({.inputs = inputs, .tile = part, .stop = work_.stop}, thread,
                       setup_.rows(golden_.scores, part));
    golden_.read(setup_, part.first, part.images);
    const auto check_begin = Clock::now();
    if (work_.check != nullptr) work_.check->check_golden_rows(golden_, part, thread);
    const double check_seconds = seconds_since(check_begin);
    seconds_per_image_ = seconds_since(begin) / part.images;
    add(part, thread, check_seconds);
  }
  void add(const Tile& part, int thread, double check_seconds) {
    std::string kept;
    {
      const std::lock_guard lock(adding_);
      check_seconds_[static_cast<size_t>(thread)] += check_seconds;
      std::fill_n(done_.begin() + part.first, part.images, true);
      if (!work_.keep || is_busy_ || seconds_since(last_) < work_.seconds) return;
      is_busy_ = true;
      kept = bytes();
    }
    work_.keep(kept);
    const std::lock_guard lock(adding_);
    last_ = Clock::now();
    is_busy_ = false;
  }

  const Setup& setup_;
  Engine& engine_;
  const GoldenWork& work_;
  GoldenRun golden_;
  std::vector<ImageFeed::Buffers> buffers_;   // one per thread
  std::atomic<double> seconds_per_image_{0};  // of a thread, of the part that was done last; 0: not known
  const Clock::time_point begin_ = Clock::now();
  std::mutex adding_;  // of what follows
  std::vector<bool> done_;
  std::vector<double> check_seconds_;  // per thread
  Clock::time_point last_ = begin_;    // when it was kept, or begun
  bool is_busy_ = false;               // a thread keeps it now
};

}  // namespace

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

void GoldenRun::restore(const Setup& setup, const std::vector<bool>& has, std::string_view rows) {
  ByteReader in(rows);
  for (int64_t image = 0; image < setup.images(); ++image) {
    if (!has[static_cast<size_t>(image)]) continue;
    in.values(setup.row(scores, image));
    read(setup, image, 1);
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

GoldenRun run_golden(const Setup& setup, Engine& engine, const GoldenWork& work) {
  return GoldenRunner(setup, engine, work).run();
}

}  // namespace tf_injector::detail
