#include "session/pair_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <memory>
#include <numeric>
#include <utility>

#include "core/parallel.hpp"
#include "core/stop.hpp"
#include "engine/work_layout.hpp"
#include "metrics/tally.hpp"
#include "session/list_data.hpp"
#include "session/setup.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

void check_tile(const Session::State& session, const ImageTile& tile) {
  for (const auto& [image, place] : tile) {
    check_image(session, image);
    if (place.batch >= 1 && place.index >= 0 && place.index < place.batch) continue;
    throw Error(ErrorKind::usage,
                fmt::format("image {}: no place {} in a batch of {}: places are counted from 0", image,
                            place.index, place.batch));
  }
}

void check_pairs(const Session::State& session, const FaultList& faults, std::span<const Pair> pairs) {
  check_model(faults, session.model);
  for (const Pair& pair : pairs) {
    if (pair.fault < faults.size() && pair.image >= 0 && pair.image < session.images()) continue;
    throw Error(ErrorKind::usage,
                fmt::format("no pair of fault {} and image {}: there are {} faults and {} images, "
                            "counted from 0",
                            pair.fault, pair.image, faults.size(), session.images()));
  }
}

// One image and the pairs that it is in: faults[i] of the list is asked for by pair places[i]. Faults ascend.
struct ImagePairs {
  int64_t image = 0;
  std::vector<size_t> faults, places;
};

std::vector<ImagePairs> by_image(std::span<const Pair> pairs) {
  std::vector<size_t> order(pairs.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return std::pair(pairs[a].image, pairs[a].fault) < std::pair(pairs[b].image, pairs[b].fault);
  });
  std::vector<ImagePairs> images;
  for (const size_t place : order) {
    if (images.empty() || images.back().image != pairs[place].image)
      images.push_back({pairs[place].image, {}, {}});
    images.back().faults.push_back(pairs[place].fault);
    images.back().places.push_back(place);
  }
  return images;
}

// Images that ask for the same faults: one block of an engine.
std::map<std::vector<size_t>, std::vector<const ImagePairs*>> by_faults(
    const std::vector<ImagePairs>& images) {
  std::map<std::vector<size_t>, std::vector<const ImagePairs*>> groups;
  for (const ImagePairs& image : images) {
    std::vector<size_t> faults = image.faults;
    faults.erase(std::unique(faults.begin(), faults.end()), faults.end());
    groups[std::move(faults)].push_back(&image);
  }
  return groups;
}

// One image after the other on each of an engine's threads.
class ImageRunner {
 public:
  ImageRunner(const Setup& setup, const std::atomic<bool>* stop)
      : setup_(setup), engine_(setup.make_engine()), stop_(stop) {
    for (int i = 0; i < setup.layout.threads; ++i) {
      buffers_.push_back(setup.feed().make_buffers(1));
      golden_.emplace_back(setup.classes());
    }
  }

  [[nodiscard]] Engine& engine() noexcept { return *engine_; }
  [[nodiscard]] TileImages fill(const Tile& tile, int thread) {
    return {.inputs = setup_.feed().fill(tile, buffers_[static_cast<size_t>(thread)]),
            .tile = tile,
            .stop = stop_};
  }
  [[nodiscard]] std::span<float> golden(int thread) { return golden_[static_cast<size_t>(thread)]; }
  template <typename Work>
  void for_each(size_t count, const Work& work) {
    parallel_for(count, setup_.layout.threads, [&](size_t item, int thread) {
      check_stop(stop_);
      work(item, thread);
    });
  }
  [[nodiscard]] const std::atomic<bool>* stop() const noexcept { return stop_; }

 private:
  const Setup& setup_;
  std::unique_ptr<Engine> engine_;
  const std::atomic<bool>* stop_;
  std::vector<ImageFeed::Buffers> buffers_;  // one per thread
  std::vector<std::vector<float>> golden_;   // one per thread
};

// Calls row(place of the pair, golden scores, scores) for every pair of a block's faults with the images, on
// any thread. `block`: rows of the list, ascending; `patches`: one for each.
template <typename Row>
void run_block(ImageRunner& runner, const Setup& setup, std::span<const size_t> block, PatchRows patches,
               const std::vector<const ImagePairs*>& images, const Row& row) {
  runner.engine().begin_block(patches);
  runner.for_each(images.size(), [&](size_t i, int thread) {
    const ImagePairs& image = *images[i];
    const Tile tile = tile_at(image.image, 1, setup.images(), setup.batch_size());
    const std::span<float> golden = runner.golden(thread);
    const auto tell = [&](BlockIndex fault, std::span<const float> scores) {
      const auto [first, last] =
          std::equal_range(image.faults.begin(), image.faults.end(), block[fault.value]);
      for (auto at = first; at != last; ++at)
        row(image.places[static_cast<size_t>(at - image.faults.begin())], golden, scores);
    };
    std::vector<char> is_given(block.size());  // rows that equal the golden run's may be left out
    const FaultSink sink{.row =
                             [&](BlockIndex fault, int, std::span<const float> scores) {
                               is_given[fault.value] = 1;
                               tell(fault, scores);
                             },
                         .advance = [&](int64_t) { check_stop(runner.stop()); }};
    runner.engine().run_golden_and_faults(
        runner.fill(tile, thread), block.size(), golden, thread, [](int) {}, sink);
    for (size_t fault = 0; fault < block.size(); ++fault) {
      if (is_given[fault] == 0) tell(BlockIndex(fault), golden);
    }
  });
}

// The same for all pairs.
template <typename Row>
void run_pairs(const Session::State& session, const FaultList& faults, std::span<const Pair> pairs,
               const std::atomic<bool>* stop, const Row& row) {
  check_pairs(session, faults, pairs);
  if (pairs.empty()) return;
  const std::vector<ImagePairs> images = by_image(pairs);
  const PatchRows patches_of_list = patches_of(faults);
  const auto groups = by_faults(images);
  PatchTable all;
  for (const auto& [block, _] : groups) {
    if (block.size() <= all.size()) continue;
    all = PatchTable();
    for (const size_t fault : block) all.add(patches_of_list[fault], patches_of_list.image(fault));
  }
  const Setup setup = set_up_pairs(session, all, static_cast<int64_t>(images.size()));
  ImageRunner runner(setup, stop);
  PatchTable patches;
  for (const auto& [list, members] : groups) {
    for (size_t first = 0; first < list.size(); first += setup.layout.most_faults) {
      const auto block =
          std::span(list).subspan(first, std::min(setup.layout.most_faults, list.size() - first));
      patches = PatchTable();
      for (const size_t fault : block) patches.add(patches_of_list[fault], patches_of_list.image(fault));
      run_block(runner, setup, block, patches, members, row);
    }
  }
}

}  // namespace

void check_image(const Session::State& session, int64_t image) {
  if (image >= 0 && image < session.images()) return;
  throw Error(ErrorKind::usage,
              fmt::format("no image {}: there are {}, counted from 0", image, session.images()));
}

std::vector<float> golden_scores(const Session::State& session, const ImageTile& tile,
                                 const std::atomic<bool>* stop) {
  check_tile(session, tile);
  std::vector<float> scores(tile.size() * session.classes());
  if (tile.empty()) return scores;
  const Setup setup = set_up_pairs(session, {}, static_cast<int64_t>(tile.size()));
  ImageRunner runner(setup, stop);
  runner.for_each(tile.size(), [&](size_t i, int thread) {
    const auto& [image, place] = tile[i];
    const Tile one{.first = image, .images = 1, .batch = place.batch, .batch_index = place.index};
    runner.engine().run_golden(runner.fill(one, thread), thread,
                               std::span(scores).subspan(i * session.classes(), session.classes()));
  });
  return scores;
}

std::vector<float> pair_scores(const Session::State& session, const FaultList& faults,
                               std::span<const Pair> pairs, const std::atomic<bool>* stop) {
  std::vector<float> scores(pairs.size() * session.classes());
  run_pairs(
      session, faults, pairs, stop, [&](size_t place, std::span<const float>, std::span<const float> row) {
        std::copy(row.begin(), row.end(), scores.begin() + static_cast<ptrdiff_t>(place * session.classes()));
      });
  return scores;
}

std::vector<Tally> pair_tallies(const Session::State& session, const FaultList& faults,
                                std::span<const Pair> pairs, const std::atomic<bool>* stop) {
  std::vector<Tally> tallies(pairs.size());
  run_pairs(session, faults, pairs, stop,
            [&](size_t place, std::span<const float> golden, std::span<const float> row) {
              const int label = session.feed.label(pairs[place].image);
              tallies[place] = tally_row(row, golden, session.decision.top(golden), label, session.decision);
            });
  return tallies;
}

}  // namespace tf_injector::detail
