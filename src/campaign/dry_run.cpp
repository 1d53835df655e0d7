#include "campaign/dry_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <span>
#include <vector>

#include "campaign/csv_report.hpp"
#include "campaign/report_choice.hpp"
#include "campaign/score_files.hpp"
#include "campaign/stop.hpp"
#include "core/wall_clock.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

constexpr size_t kSampledFaults = 16;

// Seconds that one thread takes per image.
struct Pace {
  double golden = 0;
  double fault = 0;
};

// Seconds per image of --check on one thread, all faults that are `left` together.
double check_pace(const Setup& setup, int every, size_t left) {
  if (every == 0) return 0;
  const auto plain = make_plain_engine(setup.plan, {.threads = 1, .tile = setup.layout.tile});
  const Tile& tile = setup.tiles.front();
  ImageFeed::Buffers buffers = setup.feed.make_buffers(setup.layout.tile);
  std::vector<float> scores(static_cast<size_t>(tile.images) * setup.classes());
  const auto begin = Clock::now();
  plain->run_golden({.inputs = setup.feed.fill(tile, buffers), .tile = tile}, 0, scores);
  return seconds_since(begin) / tile.images * (1 + static_cast<double>(left) / every);
}

// Times the golden run and some faults, spread over those to do, on the first tile.
Pace measure(const Setup& setup, Engine& engine, std::span<const Patch> faults,
             const std::atomic<bool>* stop) {
  const Tile& tile = setup.tiles.front();
  ImageFeed::Buffers buffers = setup.feed.make_buffers(setup.layout.tile);
  const TileImages images{.inputs = setup.feed.fill(tile, buffers), .tile = tile};
  std::vector<float> golden(static_cast<size_t>(tile.images) * setup.classes());
  Pace pace;
  auto begin = Clock::now();
  engine.run_golden(images, 0, golden);
  pace.golden = seconds_since(begin) / tile.images;
  if (faults.empty()) return pace;
  std::vector<Patch> sample;
  const size_t count = std::min({kSampledFaults, setup.layout.most_faults, faults.size()});
  for (size_t i = 0; i < count; ++i) sample.push_back(faults[i * faults.size() / count]);
  begin = Clock::now();
  engine.begin_block(sample);
  engine.run_faults(images, 0, count, golden, 0,
                    {.row = [](size_t, int, auto) {}, .advance = [stop](int64_t) { check_stop(stop); }});
  pace.fault = seconds_since(begin) / (static_cast<double>(count) * tile.images);
  return pace;
}

uint64_t report_bytes(std::span<const Fault> faults, int64_t images) {
  uint64_t bytes = report_header().size() + golden_row({.images = images}).size();
  for (const Fault& fault : faults)
    bytes += fault_row(fault, {images, images, images, images, images, images}).size();
  return bytes;
}

// Names what a run would write from here on; returns how many faults are in the report already.
size_t name_files(const Setup& setup, const CampaignOptions& options, const Message& say,
                  CampaignResult& result) {
  size_t done = 0;
  std::string folder;
  if (!setup.golden_only) {
    const ChosenReport chosen = choose_report(setup, options, say);
    done = chosen.content.rows.size();
    result.report_path = chosen.paths.report;
    result.metadata_path = chosen.paths.metadata;
    if (chosen.state != ReportState::fresh)
      say(fmt::format("{} has {} of {} faults already", chosen.paths.report, done, setup.faults.size()));
    if (chosen.state == ReportState::finished) return done;
    result.would_write = {chosen.paths.report, chosen.paths.metadata};
    result.estimated_disk_bytes = report_bytes(std::span(setup.faults).subspan(done), setup.images());
    folder = chosen.paths.scores;
  }
  if (options.scores == ScoreMode::none) return done;
  if (setup.golden_only) folder = new_score_folder(setup, options);
  const ScoreFiles scores(folder, options.scores, setup.images(), setup.plan.classes());
  const size_t left = setup.faults.size() - done;
  result.score_folder = folder;
  result.would_write.push_back(scores.golden_path());
  if (left > 0) {
    const std::string first = scores.fault_path(setup.faults[done].injection);
    result.would_write.push_back(left == 1 ? first
                                           : fmt::format("{} and {} more of its kind", first, left - 1));
  }
  result.estimated_disk_bytes += scores.disk_bytes(left);
  return done;
}

}  // namespace

CampaignResult dry_run(const Setup& setup, const CampaignOptions& options, const CampaignCallbacks& callbacks,
                       const RunTuning& tuning) {
  CampaignResult result;
  result.outcome = CampaignOutcome::dry_run;
  result.faults = static_cast<int64_t>(setup.faults.size());
  result.estimated_memory_bytes = setup.layout.bytes;
  const Message say = callbacks.message ? callbacks.message : [](const std::string&) {};
  const size_t done = name_files(setup, options, say, result);
  if (!setup.golden_only && result.would_write.empty()) return result;  // finished already
  const auto left = std::span(setup.patches).subspan(done);
  const auto engine =
      tuning.engine.make(setup.plan, {.threads = 1, .tile = setup.layout.tile, .size = setup.layout.size});
  const Pace pace = measure(setup, *engine, left, callbacks.stop);
  result.estimated_seconds = static_cast<double>(setup.images()) *
                             (pace.golden + static_cast<double>(left.size()) * pace.fault +
                              check_pace(setup, options.check, left.size())) /
                             setup.layout.threads;
  return result;
}

}  // namespace tf_injector
