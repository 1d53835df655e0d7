// The rows of an engine against those of the scalar reference, in every bit.
#pragma once

#include <optional>
#include <string>

#include "core/parallel.hpp"
#include "engine/engine.hpp"
#include "engine/tiles.hpp"
#include "kernels/kernel_set.hpp"
#include "support/random_graphs/random_case.hpp"

namespace tf_injector::detail::test {

// How an engine is run. No bit depends on it.
struct EngineSetting {
  bool is_replay = true;
  KernelSet set = KernelSet::automatic;
  int threads = 1, tile = 1;
  size_t size = 0;      // which of EngineNeeds::sizes: how large replay's packs are; SIZE_MAX: the smallest
  size_t block = 1000;  // faults that are prepared together
  size_t piece = 1000;  // of a block, that one call takes
  bool joins_golden = false;

  [[nodiscard]] std::string text() const {
    return std::string(is_replay ? "replay" : "plain") + " engine, " + kernel_set_name(set) + ", " +
           std::to_string(threads) + " threads, tile " + std::to_string(tile) + ", size " +
           (size == SIZE_MAX ? "least" : std::to_string(size)) + ", blocks of " + std::to_string(block) +
           ", pieces of " + std::to_string(piece) + (joins_golden ? ", golden joined" : "");
  }
};

// Scores by fault, image and class; the golden run's stand behind those of the last fault.
class AllScores {
 public:
  AllScores(size_t faults, int images, int64_t classes)
      : images_(static_cast<size_t>(images)),
        classes_(static_cast<size_t>(classes)),
        scores_((faults + 1) * images_ * classes_) {}
  // Of all images or of one.
  [[nodiscard]] std::span<float> rows(size_t fault) {
    return std::span(scores_).subspan(fault * images_ * classes_, images_ * classes_);
  }
  [[nodiscard]] std::span<float> row(size_t fault, int64_t image) {
    return rows(fault).subspan(static_cast<size_t>(image) * classes_, classes_);
  }

 private:
  size_t images_, classes_;
  std::vector<float> scores_;
};

// One span per input: these images.
inline std::vector<std::span<const float>> images_of(const RandomCase& c, const Tile& tile) {
  std::vector<std::span<const float>> spans;
  for (const std::vector<float>& input : c.inputs) {
    const size_t elements = input.size() / static_cast<size_t>(c.images);
    spans.push_back(std::span(input).subspan(static_cast<size_t>(tile.first) * elements,
                                             static_cast<size_t>(tile.images) * elements));
  }
  return spans;
}

// Of faults of one image, golden rows on the others.
inline AllScores reference_scores(const RandomCase& c) {
  AllScores scores(c.faults.size(), c.images, c.classes());
  const Plan plan = c.compile(KernelSet::scalar);
  Workspace workspace(plan, c.images);
  for (size_t f = 0; f <= c.faults.size(); ++f) {
    std::optional<Overlay> overlay;
    if (f < c.faults.size()) overlay.emplace(plan, c.faults[f]);
    for (const Tile& tile : cut_tiles(c.images, c.images, c.batch_size)) {
      const auto classes = static_cast<size_t>(c.classes());
      evaluate(plan, overlay ? &*overlay : nullptr, workspace, images_of(c, tile), tile.images,
               {.batch = tile.batch, .batch_index = tile.batch_index},
               scores.rows(f).subspan(static_cast<size_t>(tile.first) * classes,
                                      static_cast<size_t>(tile.images) * classes));
    }
  }
  for (size_t f = 0; f < c.faults.size(); ++f) {
    for (int64_t image = 0; c.fault_images[f] != kAllImages && image < c.images; ++image) {
      const std::span<const float> golden = scores.row(c.faults.size(), image);
      if (image != c.fault_images[f]) std::copy(golden.begin(), golden.end(), scores.row(f, image).begin());
    }
  }
  return scores;
}

namespace detail {

// The faults of a block on all tiles, piece by piece.
inline void run_block(const RandomCase& c, const EngineSetting& how, Engine& engine, size_t first,
                      AllScores& scores) {
  const size_t golden = c.faults.size(), count = std::min(how.block, golden - first);
  const auto classes = static_cast<size_t>(c.classes());
  const std::vector<Tile> tiles = cut_tiles(c.images, how.tile, c.batch_size);
  const size_t pieces = how.joins_golden ? 1 : (count + how.piece - 1) / how.piece;
  engine.begin_block(c.patches(first, count));
  parallel_for(tiles.size() * pieces, how.threads, [&](size_t item, int thread) {
    const Tile& tile = tiles[item / pieces];
    const std::vector<std::span<const float>> inputs = images_of(c, tile);
    const TileImages images{inputs, tile};
    const std::span<float> golden_rows = scores.rows(golden).subspan(
        static_cast<size_t>(tile.first) * classes, static_cast<size_t>(tile.images) * classes);
    const auto begin = [&](int image, size_t from,
                           size_t faults) {  // rows that are left out equal the golden run's
      const std::span<const float> same = scores.row(golden, tile.first + image);
      for (size_t f = from; f < from + faults; ++f)
        std::copy(same.begin(), same.end(), scores.row(first + f, tile.first + image).begin());
    };
    const FaultSink sink{.row =
                             [&](BlockIndex fault, int image, std::span<const float> row) {
                               std::copy(row.begin(), row.end(),
                                         scores.row(first + fault.value, tile.first + image).begin());
                             },
                         .advance = [](int64_t) {}};
    if (how.joins_golden) {
      engine.run_golden_and_faults(
          images, count, golden_rows, thread, [&](int image) { begin(image, 0, count); }, sink);
      return;
    }
    const size_t from = item % pieces * how.piece, faults = std::min(how.piece, count - from);
    for (int image = 0; image < tile.images; ++image) begin(image, from, faults);
    engine.run_faults(images, BlockIndex(from), faults, golden_rows, thread, sink);
  });
}

}  // namespace detail

inline AllScores engine_scores(const RandomCase& c, const EngineSetting& how) {
  AllScores scores(c.faults.size(), c.images, c.classes());
  const Plan plan = c.compile(how.set);
  EngineLayout layout{.threads = how.threads, .tile = how.tile, .size = how.size};
  if (how.is_replay) {
    const size_t sizes = replay_engine_needs(plan, c.patches()).sizes.size();
    layout.size = std::min(how.size, sizes - 1);
  }
  const std::unique_ptr<Engine> engine =
      how.is_replay ? make_replay_engine(plan, layout) : make_plain_engine(plan, layout);
  const auto classes = static_cast<size_t>(c.classes());
  if (!how.joins_golden) {
    const std::vector<Tile> tiles = cut_tiles(c.images, how.tile, c.batch_size);
    parallel_for(tiles.size(), how.threads, [&](size_t t, int thread) {
      const std::vector<std::span<const float>> inputs = images_of(c, tiles[t]);
      engine->run_golden({inputs, tiles[t]}, thread,
                         scores.rows(c.faults.size())
                             .subspan(static_cast<size_t>(tiles[t].first) * classes,
                                      static_cast<size_t>(tiles[t].images) * classes));
    });
  }
  for (size_t first = 0; first < c.faults.size(); first += how.block)
    detail::run_block(c, how, *engine, first, scores);
  return scores;
}

struct Difference {
  EngineSetting how;
  size_t fault = 0;  // the number of faults: golden itself
  int64_t image = 0, element = 0;
  float expected = 0.0f, found = 0.0f;
};

inline std::optional<Difference> first_difference(const RandomCase& c, const EngineSetting& how,
                                                  AllScores& expected) {
  AllScores found = engine_scores(c, how);
  for (size_t next = 0; next <= c.faults.size(); ++next) {
    const size_t f = next == 0 ? c.faults.size() : next - 1;  // golden first
    for (int64_t image = 0; image < c.images; ++image) {
      const std::span<const float> a = expected.row(f, image), b = found.row(f, image);
      for (size_t i = 0; i < a.size(); ++i) {
        if (float_bits(a[i]) != float_bits(b[i]))
          return Difference{how, f, image, static_cast<int64_t>(i), a[i], b[i]};
      }
    }
  }
  return std::nullopt;
}

// For a case: both engines; replay with the largest packs, with the smallest, and with any.
inline std::vector<EngineSetting> random_settings(Dice& dice, const RandomCase& c) {
  const std::vector<KernelSet> sets = available_kernel_sets();
  const bool has_lanes = sets.front() != KernelSet::scalar;
  std::vector<EngineSetting> settings;
  for (const int kind : {0, 1, 2, 3}) {
    EngineSetting how{.is_replay = kind > 0};
    how.set = kind < 2 || dice.chance(0.5) ? sets.front() : dice.among(sets);
    if (how.is_replay && !has_lanes) continue;  // the reference has no lanes
    if (how.is_replay && how.set == KernelSet::scalar) how.set = sets.front();
    how.threads = static_cast<int>(dice.among({1, 1, 2, 3}));
    how.tile = static_cast<int>(dice.from(1, c.images + 1));
    if (kind == 2) how.size = SIZE_MAX;
    if (kind == 3) how.size = static_cast<size_t>(dice.from(0, 4));
    how.joins_golden = dice.chance(0.4);
    if (kind != 1 && dice.chance(0.4)) how.block = static_cast<size_t>(dice.from(5, 90));
    if (how.joins_golden && how.block < c.faults.size()) how.joins_golden = false;  // one block
    if (kind != 1 && dice.chance(0.4)) how.piece = static_cast<size_t>(dice.from(5, 90));
    settings.push_back(how);
  }
  return settings;
}

}  // namespace tf_injector::detail::test
