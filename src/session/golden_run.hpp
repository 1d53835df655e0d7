// The run without a fault: its scores, and what every fault is compared with.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "metrics/details_counter.hpp"
#include "session/setup.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

struct GoldenRun {
  explicit GoldenRun(const Setup& setup);
  // What the scores of images first..first+images-1, which are there, say of each.
  void read(const Setup& setup, int64_t first, int64_t images);
  void add_up();  // when all are read
  // Puts rows of scores in the order of the images, of those that `has` names, back and reads them.
  void restore(const Setup& setup, const std::vector<bool>& has, std::string_view rows);
  // What a row of scores of the image counts, compared with the golden one.
  [[nodiscard]] Tally tally(const Setup& setup, int64_t image, std::span<const float> row) const;

  // Its details, where they are counted: what `row`, which counts `tally`, does to the image.
  [[nodiscard]] RowDetails details_of(const Setup& setup, int64_t image, std::span<const float> row,
                                      const Tally& tally) const;

  std::vector<float> scores;              // images x classes
  std::vector<int32_t> top;               // per image: the class that the network decides for
  std::vector<Tally> tally_if_unchanged;  // per image: what a fault counts whose scores are the golden ones
  std::vector<GoldenDetails> details;     // per image; empty where details are not counted
  Tally total;                            // correctness over all images
  bool is_done = false;
  double seconds = 0;  // that it takes, whichever runs did it
  double spent = 0;    // of this run, with its checks

  // Memory per image beside the scores.
  static constexpr size_t kBytesPerImage = sizeof(int32_t) + sizeof(Tally);
};

class PartialGolden;
class SelfCheck;

// What goes on beside a golden run.
struct GoldenWork {
  const std::atomic<bool>* stop = nullptr;
  SelfCheck* check = nullptr;             // is shown every tile (check_golden_rows), or null
  const PartialGolden* before = nullptr;  // what is done already, or null
  // partial_golden_bytes of all that is done; called on any thread, one at a time, while the others work, and
  // at the end of a run that took more than `seconds`. May throw, which ends the run; may be empty.
  std::function<void(std::string_view bytes)> keep = {};
  double seconds = 10.0;  // between two calls
};

// Evaluates all tiles on the engine's threads. Throws Stopped, std::bad_alloc, and what `check` and `keep`
// throw.
[[nodiscard]] GoldenRun run_golden(const Setup& setup, Engine& engine, const GoldenWork& work);

}  // namespace tf_injector::detail
