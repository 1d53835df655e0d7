#include "session/check/constants_check.hpp"

#include <algorithm>
#include <array>
#include <span>

#include "core/low_discrepancy.hpp"
#include "core/wall_clock.hpp"
#include "engine/changed_memory.hpp"

namespace tf_injector::detail {
namespace {

// Of the golden run's images, one in so many is computed once more for every block, and at most so many.
constexpr int64_t kOneOf = 512, kMostAgain = 16;
// Faults that share a hash: only those of a block are looked at.
constexpr size_t kFaultsPerHash = 1024;

template <typename... Values>
void add(ArrayHash& hash, Values... values) {
  const std::array<int64_t, sizeof...(values)> words{static_cast<int64_t>(values)...};
  hash.update(std::as_bytes(std::span(words)));
}

uint64_t hash_of_faults(const Setup& setup, size_t first) {
  ArrayHash hash;
  for (size_t i = first; i < std::min(first + kFaultsPerHash, setup.faults.size()); ++i) {
    const Fault& fault = setup.faults[i];
    for (const Patch& patch : setup.patches[i])
      add(hash, patch.weight, patch.element, patch.old_bits, patch.new_bits);
    add(hash, fault.id, setup.patches.image(i));
    for (const FaultPart& part : fault.parts) {
      visit_array([&](std::span<const std::byte> bytes) { hash.update(bytes); }, part.layer);
      visit_array([&](std::span<const std::byte> bytes) { hash.update(bytes); }, part.index);
    }
  }
  return hash.value();
}

// Structs with padding go in member by member: nobody says what is between them.
uint64_t hash_of_golden(const GoldenRun& golden) {
  ArrayHash hash;
  const auto update = [&](std::span<const std::byte> bytes) { hash.update(bytes); };
  visit_array(update, golden.scores);
  visit_array(update, golden.top);
  visit_array(update, golden.tally_if_unchanged);
  for (const GoldenDetails& image : golden.details) {
    const std::array<double, 2> values{image.confidence, image.if_unchanged.largest_change};
    visit_array(update, values);
    const DetailCounts& counts = image.if_unchanged.counts;
    add(hash, image.top, image.is_right, image.if_unchanged.went_to, counts.nan_images, counts.inf_images,
        counts.sdc10pct, counts.sdc20pct, counts.fixed, counts.broken);
  }
  return hash.value();
}

void require_equal(const ConstantHashes& before, const ConstantHashes& now) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (before[i].hash != now[i].hash) throw_changed(before[i].what, before[i].hash, now[i].hash);
  }
}

}  // namespace

ConstantsCheck::ConstantsCheck(const Setup& setup, Engine& engine)
    : setup_(setup), engine_(engine), is_on_(setup.needs.check != 0) {
  if (!is_on_) return;
  const auto begin = Clock::now();
  session_hashes_ = hashes_of(setup.plan(), setup.feed());
  engine_hashes_ = hashes_of(setup.plan(), engine);
  for (size_t first = 0; first < setup.faults.size(); first += kFaultsPerHash)
    fault_hashes_.push_back(hash_of_faults(setup, first));
  scores_.resize(setup.classes());
  buffers_ = setup.feed().make_buffers(1);
  totals_.seconds += seconds_since(begin);
}

void ConstantsCheck::begin(const GoldenRun& golden) {
  if (!is_on_) return;
  const auto begin = Clock::now();
  golden_hash_ = hash_of_golden(golden);
  totals_.seconds += seconds_since(begin);
}

void ConstantsCheck::require_unchanged(const GoldenRun& golden, ListIndex first, size_t faults) const {
  if (!is_on_) return;
  require_equal(session_hashes_, hashes_of(setup_.plan(), setup_.feed()));
  require_equal(engine_hashes_, hashes_of(setup_.plan(), engine_));
  for (size_t i = first.value / kFaultsPerHash; i * kFaultsPerHash < first.value + faults; ++i) {
    const uint64_t hash = hash_of_faults(setup_, i * kFaultsPerHash);
    if (hash != fault_hashes_[i]) throw_changed("the fault list", fault_hashes_[i], hash);
  }
  const uint64_t hash = hash_of_golden(golden);
  if (hash != golden_hash_) throw_changed("the golden run's scores", golden_hash_, hash);
}

void ConstantsCheck::check(const GoldenRun& golden, ListIndex first, size_t faults) {
  if (!is_on_) return;
  const auto begin = Clock::now();
  require_unchanged(golden, first, faults);
  compute_golden_again(golden);
  ++totals_.blocks;
  totals_.seconds += seconds_since(begin);
}

// Other images for each block.
void ConstantsCheck::compute_golden_again(const GoldenRun& golden) {
  const int64_t images = setup_.images();
  for (int64_t n = std::clamp<int64_t>(images / kOneOf, 1, kMostAgain); n > 0; --n) {
    const auto point = static_cast<size_t>(totals_.golden_again);
    const auto image = static_cast<int64_t>(low_discrepancy_point(point) * static_cast<double>(images));
    const Tile tile = tile_at(image, 1, images, setup_.batch_size());
    engine_.run_golden({.inputs = setup_.feed().fill(tile, buffers_), .tile = tile}, 0, scores_);
    require_same_golden(setup_.row(golden.scores, image), scores_, image);
    ++totals_.golden_again;
  }
}

}  // namespace tf_injector::detail
