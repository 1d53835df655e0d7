#include "session/check/sampled_check.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <string_view>

#include "core/parallel.hpp"
#include "core/processor_clock.hpp"
#include "core/same_bits.hpp"
#include "core/stop.hpp"
#include "core/wall_clock.hpp"
#include "metrics/tally.hpp"
#include "session/check/check_failure.hpp"
#include "session/check/check_order.hpp"

namespace tf_injector::detail {
namespace {

// Of the run's time, and what is used in any case: processor time of all threads together, over the whole
// run. Nobody notices it, and it is enough to check short runs of small networks through and through.
constexpr double kShare = 0.01, kFloorSeconds = 0.4;
constexpr double kGoldenPart = 0.1;  // of the latter, where there are faults too

// Images that are evaluated together: as many as stay in a core's cache; they share the fault's weights.
constexpr size_t kTileBytes = size_t{256} << 10;
constexpr size_t kLargestTile = 16;
// Every thread makes copies of the weights of a layer. More than this in all only where a single one is.
constexpr size_t kOverlayBytes = size_t{64} << 20;
// What check_order needs beside its result.
constexpr uint64_t kOrderBytesPerFault = 48;

int tile_of(const Plan& plan) {
  const size_t activations = std::max<size_t>(plan.workspace_bytes_per_image(), 1);
  return static_cast<int>(std::clamp<size_t>(kTileBytes / activations, 1, kLargestTile));
}

int threads_of(int threads, size_t overlay_bytes) {
  const size_t fitting = kOverlayBytes / std::max<size_t>(overlay_bytes, 1);
  return static_cast<int>(std::clamp<size_t>(fitting, 1, static_cast<size_t>(threads)));
}

uint64_t block_seed(const Setup& setup, ListIndex first) {
  const Session::State& session = *setup.session;
  const std::string list = setup.list ? setup.list->sha256() : "";
  return seed_of(std::array<std::string_view, 3>{session.model.sha256(), list, session.feed.dataset().sha256},
                 first.value);
}

}  // namespace

struct SampledCheck::Block {
  ListIndex first;
  const BlockResult& result;
  const GoldenRun& golden;
};

SampledCheck::SampledCheck(const Setup& setup, const std::atomic<bool>* stop)
    : setup_(setup),
      stop_(stop),
      tile_(tile_of(setup.plan())),
      kept_(setup.images(), setup.plan().classes()) {
  const size_t overlay = plain_engine_needs(setup.plan(), setup.patches).bytes_per_fault;
  const int threads = threads_of(setup.layout.threads, overlay);
  for (int i = 0; i < threads; ++i) plain_.emplace_back(setup.plan(), setup.feed(), tile_, stop);
}

double SampledCheck::floor_of_thread() const { return kFloorSeconds / static_cast<double>(plain_.size()); }

KeptRows* SampledCheck::begin_block(ListIndex first, size_t count) {
  const auto begin = Clock::now();
  if (faults_left_ == 0) faults_left_ = setup_.faults.size() - first.value;
  const uint64_t seed = block_seed(setup_, first);
  order_ = check_order(setup_.patches.subspan(first.value, count), seed);
  const SpreadOrder images(setup_.images(), seed);
  kept_.begin(order_, [&](int64_t i) {
    const int64_t own = image_of(first, order_[static_cast<size_t>(i)]);
    return own == kAllImages ? images[i] : own;
  });
  totals_.seconds += seconds_since(begin);
  return &kept_;
}

template <typename Work>
int64_t SampledCheck::run(size_t items, double wall_seconds, double floor_seconds, const Work& work) {
  const auto begin = Clock::now();
  std::vector<double> processor_begin(plain_.size(), -1.0), processor(plain_.size());
  std::vector<int64_t> images(plain_.size());
  std::atomic<bool> is_used_up{false};
  parallel_for(items, static_cast<int>(plain_.size()), [&](size_t item, int thread) {
    if (is_used_up.load(std::memory_order_relaxed) && item >= plain_.size()) return;
    check_stop(stop_);
    const auto t = static_cast<size_t>(thread);
    if (processor_begin[t] < 0) processor_begin[t] = thread_seconds();
    images[t] += work(item, thread);
    if (seconds_since(begin) < wall_seconds) return;
    processor[t] = thread_seconds() - processor_begin[t];
    if (processor[t] >= floor_seconds) is_used_up = true;
  });
  processor_seconds_ += *std::max_element(processor.begin(), processor.end());
  return std::accumulate(images.begin(), images.end(), int64_t{0});
}

void SampledCheck::check_golden(const GoldenRun& golden, double) {
  const auto begin = Clock::now();
  const SpreadOrder order(setup_.images(), block_seed(setup_, ListIndex(0)));
  const double floor_seconds = floor_of_thread() * (setup_.golden_only() ? 1.0 : kGoldenPart);
  const auto check = [&](size_t item, int thread) {
    return check_image(order[static_cast<int64_t>(item)], thread, golden);
  };
  totals_.golden_images +=
      run(static_cast<size_t>(setup_.images()), kShare * golden.seconds, floor_seconds, check);
  processor_seconds_ = 0;  // what faults get does not depend on it
  totals_.seconds += seconds_since(begin);
}

int64_t SampledCheck::check_image(int64_t image, int thread, const GoldenRun& golden) {
  const Tile tile = tile_at(image, 1, setup_.images(), setup_.batch_size());
  const std::span<const float> plain = plain_[static_cast<size_t>(thread)].evaluate({}, tile);
  const std::string what = "the golden run";
  const std::span<const float> found = setup_.row(golden.scores, image);
  if (!same_bits(found, plain)) throw_different_rows(found, plain, what, image);
  const auto i = static_cast<size_t>(image);
  require_equal_counts(
      golden.tally_if_unchanged[i],
      tally_row(plain, plain, setup_.decision().top(plain), setup_.feed().label(image), setup_.decision()),
      what);
  return 1;
}

void SampledCheck::check_block(ListIndex first, const BlockResult& result, const GoldenRun& golden,
                               double seconds) {
  const auto begin = Clock::now();
  const Block block{first, result, golden};
  check_counts(block);
  std::vector<Part> parts;
  for (int64_t k = 0; k < kept_.images(); k += parts.back().images) {
    const int64_t images = std::clamp<int64_t>(k, 1, tile_);
    parts.push_back({k, static_cast<int>(std::min(images, kept_.images() - k))});
  }
  const size_t faults = kept_.faults();
  std::atomic<int64_t> faults_checked{0};
  const auto check = [&](size_t item, int thread) -> int64_t {
    const size_t i = item % faults, round = item / faults;
    const bool is_of_one_image = image_of(first, order_[i]) != kAllImages;
    if (is_of_one_image && round > 0) return 0;
    const int64_t picked = is_of_one_image ? 0 : pick(i);
    if (round == 0) {
      ++faults_checked;
      return check_part(block, i, {picked, 1}, thread);
    }
    const Part& part = parts[round - 1];
    const bool has_picked = part.k <= picked && picked < part.k + part.images;
    if (has_picked && part.images == 1) return 0;
    return check_part(block, i, part, thread) - (has_picked ? 1 : 0);
  };
  const double left = static_cast<double>(setup_.faults.size() - first.value - result.tallies.size());
  const double done = 1.0 - left / static_cast<double>(faults_left_);
  totals_.pairs += run(faults * (1 + parts.size()), kShare * seconds - totals_.seconds,
                       floor_of_thread() * done - processor_seconds_, check);
  totals_.faults += faults_checked;
  totals_.seconds += seconds_since(begin);
}

int64_t SampledCheck::image_of(ListIndex first, BlockIndex fault) const {
  return setup_.patches.image(in_list(first, fault).value);
}

// Every third of the faults as its rows come, one whose row the engine left out, one that changes the
// decision; where there is none, the first.
int64_t SampledCheck::pick(size_t i) const {
  const size_t turn = i % 3;
  for (int64_t k = 0; turn != 0 && k < kept_.images(); ++k) {
    if (turn == 1 ? !kept_.was_given(i, k) : kept_.is_critical(i, k)) return k;
  }
  return 0;
}

// What rows that were left out count, what all count together, and that none came twice.
void SampledCheck::check_counts(const Block& block) const {
  for (size_t i = 0; i < kept_.counted_faults(); ++i) {
    Tally expected;
    for (int64_t image = 0; image < setup_.images(); ++image) {
      Tally counts;
      const bool was_given = kept_.counts(i, image, counts);
      expected += was_given ? counts : block.golden.tally_if_unchanged[static_cast<size_t>(image)];
    }
    require_equal_counts(block.result.tallies[order_[i].value], expected,
                         fault_text(setup_.faults[in_list(block.first, order_[i]).value]));
  }
}

int64_t SampledCheck::check_part(const Block& block, size_t i, const Part& part, int thread) {
  const int64_t end = part.k + part.images;
  for (int64_t k = part.k; k < end;) {
    const Tile tile =
        tile_at(kept_.image(i, k), static_cast<int>(end - k), setup_.images(), setup_.batch_size());
    const std::span<const float> plain = plain_[static_cast<size_t>(thread)].evaluate(
        setup_.patches, in_list(block.first, order_[i]).value, tile);
    for (int64_t n = 0; n < tile.images; ++n, ++k)
      check_pair(block, i, k, plain.subspan(static_cast<size_t>(n) * setup_.classes(), setup_.classes()));
  }
  return part.images;
}

void SampledCheck::check_pair(const Block& block, size_t i, int64_t k, std::span<const float> plain) const {
  const BlockIndex fault = order_[i];
  const int64_t image = kept_.image(i, k);
  const auto what = [&] { return fault_text(setup_.faults[in_list(block.first, fault).value]); };
  const std::span<const float> golden = setup_.row(block.golden.scores, image);
  const std::span<const float> found = kept_.was_given(i, k) ? kept_.row(i, k) : golden;
  if (!same_bits(found, plain)) throw_different_rows(found, plain, what(), image);
  const std::vector<float>& written = block.result.scores[fault.value];  // kept where they go into files
  if (!written.empty() && !same_bits(setup_.row(written, image), plain))
    throw_different_rows(setup_.row(written, image), plain, what(), image);
  if (kept_.was_given_twice(i, k)) throw_given_twice(what(), image);
  Tally counts;
  if (i < kept_.counted_faults() && kept_.counts(i, image, counts)) {
    require_equal_counts(counts,
                         tally_row(plain, golden, setup_.decision().top(golden), setup_.feed().label(image),
                                   setup_.decision()),
                         what());
  }
}

CheckNeeds sampled_check_needs(const Setup& setup, int threads) {
  const uint64_t overlay = plain_engine_needs(setup.plan(), setup.patches).bytes_per_fault;
  const bool all_threads = threads_of(threads, overlay) == threads;
  CheckNeeds needs;
  if (!setup.patches.empty()) {
    needs.kept_row_bytes = KeptRows::bytes(setup.patches.size(), setup.images(), setup.plan().classes());
    needs.fixed_bytes = needs.kept_row_bytes;
    needs.bytes_per_fault = KeptRows::kBytesPerFault + kOrderBytesPerFault;
  }
  if (!all_threads) needs.fixed_bytes += std::max<uint64_t>(overlay, kOverlayBytes);
  needs.bytes_per_thread =
      static_cast<uint64_t>(tile_of(setup.plan())) * PlainRows::bytes_per_image(setup.plan(), setup.feed()) +
      (all_threads ? overlay : 0);
  return needs;
}

}  // namespace tf_injector::detail
