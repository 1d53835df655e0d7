#include "session/run_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <span>
#include <vector>

#include "core/low_discrepancy.hpp"
#include "core/round_up.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "session/block_run.hpp"

namespace tf_injector::detail {
namespace {

constexpr double kSampleSeconds = 2.0;
// How long the golden run's figures may be kept waiting, and what a fault of a short list takes, about, in
// golden runs.
constexpr double kMostJoinedSeconds = 120.0, kFaultInGoldenRuns = 0.1;
// The same where a kill would lose all of it.
constexpr double kMostLostSeconds = 15.0;

// Runs an engine on single images of the first tile.
class Sampler {
 public:
  Sampler(const Setup& setup, Engine& engine, const std::atomic<bool>* stop)
      : setup_(setup),
        engine_(engine),
        stop_(stop),
        buffers_(setup.feed().make_buffers(1)),
        golden_(setup.classes()) {}

  // Seconds of the golden run on an image.
  double golden() {
    const TileImages images = next_image();
    const auto begin = Clock::now();
    engine_.run_golden(images, 0, golden_);
    return seconds_since(begin);
  }
  // Seconds of a block on an image, with what it costs beside its faults.
  double block(PatchRows faults) {
    const TileImages images = next_image();
    engine_.run_golden(images, 0, golden_);
    engine_.begin_block(faults);
    const auto begin = Clock::now();
    engine_.run_faults(
        images, BlockIndex(0), faults.size(), golden_, 0,
        {.row = [](BlockIndex, int, auto) {}, .advance = [this](int64_t) { check_stop(stop_); }});
    return seconds_since(begin);
  }

 private:
  TileImages next_image() {
    const Tile& tiles = setup_.tiles.front();
    tile_ = {.first = tiles.first + image_,
             .images = 1,
             .batch = tiles.batch,
             .batch_index = (tiles.batch_index + image_) % tiles.batch};
    image_ = (image_ + 1) % tiles.images;
    return {.inputs = setup_.feed().fill(tile_, buffers_), .tile = tile_, .stop = stop_};
  }

  const Setup& setup_;
  Engine& engine_;
  const std::atomic<bool>* stop_;
  ImageFeed::Buffers buffers_;
  std::vector<float> golden_;
  Tile tile_;
  int image_ = 0;
};

// Seconds that a fault takes on an image, in blocks; `golden`: what each of them costs beside its faults.
double fault_seconds(const Setup& setup, Sampler& sampler, PatchRows faults, double golden) {
  const size_t size = std::min({setup.least_block, setup.layout.most_faults, faults.size()});
  const size_t blocks = divide_up(faults.size(), size);
  const auto block = [&](size_t i) {
    const auto first = static_cast<size_t>(low_discrepancy_point(i) * static_cast<double>(blocks)) * size;
    return faults.subspan(std::min(first, faults.size() - size), size);
  };
  sampler.block(block(0));  // the first takes its memory from the system
  const auto begin = Clock::now();
  double seconds = 0, sampled = 0;
  for (size_t i = 0; i < std::max<size_t>(blocks, 4) && (i == 0 || seconds_since(begin) < kSampleSeconds);
       ++i) {
    seconds += std::max(sampler.block(block(i)) - golden, 0.0);
    sampled += static_cast<double>(size);
  }
  return seconds / sampled;
}

// Blocks that a run cuts its faults into.
double block_count(const Setup& setup, double golden_seconds, double seconds_per_fault, size_t faults) {
  BlockSize size = setup.block_size(golden_seconds);
  size.measured(1, seconds_per_fault);
  return std::ceil(static_cast<double>(faults) / static_cast<double>(size.next(faults)));
}

double share_of_thread(const Setup& setup) {  // in images
  return static_cast<double>(setup.images()) / setup.layout.threads;
}

}  // namespace

bool joins_golden(const Setup& setup, double golden_seconds, size_t remaining) {
  const double most_seconds = can_keep_golden(setup) ? kMostJoinedSeconds : kMostLostSeconds;
  return setup.tuning().joins_golden && setup.repeats_golden && remaining > 0 &&
         remaining <= setup.layout.most_faults && faults_per_piece(setup, remaining) == remaining &&
         golden_seconds * (1 + kFaultInGoldenRuns * static_cast<double>(remaining)) <= most_seconds;
}

bool joins_golden(const Setup& setup, Engine& engine, size_t remaining, const std::atomic<bool>* stop) {
  if (!joins_golden(setup, 0.0, remaining)) return false;
  Sampler sampler(setup, engine, stop);
  sampler.golden();  // the first takes its memory from the system
  return joins_golden(setup, sampler.golden() * share_of_thread(setup), remaining);
}

double estimate_seconds(const Setup& setup, Engine& engine, size_t done, int every,
                        const std::atomic<bool>* stop) {
  const auto faults = setup.patches.subspan(done);
  const double share = share_of_thread(setup);
  Sampler sampler(setup, engine, stop);
  sampler.golden();
  const double golden = sampler.golden();
  double seconds = golden;
  if (!faults.empty()) {
    const double beside = setup.repeats_golden ? golden : 0.0;
    const double fault = fault_seconds(setup, sampler, faults, beside);
    seconds += fault * static_cast<double>(faults.size());
    if (!joins_golden(setup, golden * share, faults.size()))
      seconds += beside * block_count(setup, golden * share, fault * share, faults.size());
  }
  if (every > 0) {
    const auto plain = make_plain_engine(setup.plan(), {.threads = 1, .tile = 1});
    Sampler checks(setup, *plain, stop);
    checks.golden();
    seconds += checks.golden() * (1 + static_cast<double>(faults.size()) / every);
  }
  return seconds * share;
}

}  // namespace tf_injector::detail
