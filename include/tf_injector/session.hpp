// A model and a test set, ready: the scores of any fault on any image.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tf_injector/dataset.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/kernel_set.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector {

// How stored images become what the model is fed with.
struct PreprocessOptions {
  enum class Mode {
    automatic,  // 8-bit images by `dataset`, `mean` and `std`, else x / 255; but as they are where none is
                // given and the model begins with Rescaling or Normalization or takes integers; float32 as
                // they are
    dataset,    // the same, whatever the model begins with
    none,       // values as they are
  };
  Mode mode = Mode::automatic;
  std::string dataset = {};  // of dataset_names(): its mean and standard deviation are used; or ""
  std::optional<std::array<float, 3>> mean = {}, std = {};  // both or none; go before those of `dataset`
  bool tensorflow_arithmetic = false;  // x * (1 / 255) as TensorFlow does it, instead of NumPy's x / 255
};

// Memory that the caller's process holds besides what a session counts.
struct HeldMemory {
  uint64_t now = 0, peak = 0;  // bytes; peak: the most that it ever was
};

struct SessionOptions {
  std::string output = {};            // name of the output that is scored; "": the first
  int batch_size = 512;               // of the batches in which Keras would be fed: last bits depend on it
  std::optional<int64_t> limit = {};  // the first so many images
  PreprocessOptions preprocess = {};
  // Nothing from here on changes a bit of a result.
  KernelSet kernels = KernelSet::automatic;
  int threads = 0;            // 0: what affinity, cgroup and SLURM_CPUS_PER_TASK allow
  int tile = 0;               // images that a thread works on together; 0: chosen
  uint64_t memory_bytes = 0;  // most that model, images and work may take; 0: a share of what is free
  HeldMemory held = {};       // counts against memory_bytes too, for callers that bound a whole process
};

// Throws Error(usage): an option that cannot be meant, whatever the model is. Sessions ask this themselves.
void check_options(const SessionOptions& options);

// A place in the batches in which Keras would be fed.
struct BatchPlace {
  int batch = 1;  // images in the batch
  int index = 0;  // the image's, from 0
};

// Images to be evaluated together, each with its place in a batch.
struct TileImage {
  int64_t image = 0;
  BatchPlace place = {};
};
using ImageTile = std::vector<TileImage>;

struct Pair {
  size_t fault = 0;   // row of a list
  int64_t image = 0;  // from 0
};

// One thread at a time may use a Session; one that was moved from, none. Several Sessions may be used at
// once, also with the same Model.
class Session {
 public:
  // Checks everything that can be wrong with a model and its data. Throws ModelError (no such output, no
  // kernel for an op), DatasetError (images or labels that do not fit the model), Error(usage) (kernels that
  // this CPU lacks, an option out of range), Error(out_of_memory).
  Session(Model model, Dataset dataset, SessionOptions options = {});
  ~Session();
  Session(Session&&) noexcept;
  Session& operator=(Session&&) noexcept;

  [[nodiscard]] const Model& model() const noexcept;
  [[nodiscard]] const Dataset& dataset() const noexcept;  // as it is fed: images may have been transposed
  [[nodiscard]] const SessionOptions& options() const noexcept;
  [[nodiscard]] int64_t images() const noexcept;
  [[nodiscard]] int64_t classes() const noexcept;
  // Elements of the scored output: as many as classes; one where it divides two classes.
  [[nodiscard]] int64_t scores_per_image() const noexcept;
  [[nodiscard]] KernelSet kernels() const noexcept;  // never `automatic`
  [[nodiscard]] std::string preprocessing() const;   // the formula and why: "x / 255 (...)"
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept;   // what was decided: one line each
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept;  // what is probably not meant
  [[nodiscard]] uint64_t memory_bytes() const noexcept;                     // of weights and images

  // These images, where Keras would be fed with the whole set in batches of batch_size. Throws Error(usage):
  // there is no such image.
  [[nodiscard]] ImageTile tile(std::span<const int64_t> images) const;
  [[nodiscard]] ImageTile tile(int64_t first, int64_t count) const;

  // All of these throw Error(interrupted) soon after `*stop` (or null) becomes true, and
  // Error(out_of_memory); Error(usage) for an image, a place in a batch or a fault that there is not, and for
  // a list that was made for another model. Every NaN that they give has the same bits.

  // Scores without a fault: (tile.size(), scores_per_image()).
  [[nodiscard]] std::vector<float> golden(const ImageTile& tile, const std::atomic<bool>* stop = nullptr);
  // Scores of a fault on an image, for each pair: (pairs.size(), scores_per_image()). Pairs may be any, in
  // any order; many with one image cost less than the same with many. Throws Error(usage): no such fault or
  // image.
  [[nodiscard]] std::vector<float> scores(const FaultList& faults, std::span<const Pair> pairs,
                                          const std::atomic<bool>* stop = nullptr);
  // What each pair counts: (pairs.size()). Summed over the images of a fault it is the fault's row of a
  // report.
  [[nodiscard]] std::vector<Tally> tallies(const FaultList& faults, std::span<const Pair> pairs,
                                           const std::atomic<bool>* stop = nullptr);
  // What the images of a tile count without a fault: (tile.size()).
  [[nodiscard]] std::vector<Tally> golden_tallies(const ImageTile& tile,
                                                  const std::atomic<bool>* stop = nullptr);

  struct State;
  [[nodiscard]] State& state() const noexcept { return *state_; }  // for the library
  explicit Session(std::unique_ptr<State> state);

 private:
  std::unique_ptr<State> state_;
};

}  // namespace tf_injector
