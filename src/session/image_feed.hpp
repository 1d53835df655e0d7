// What the network is fed with: a data set checked against the model's inputs, and its images as float32,
// preprocessed tile by tile. (All 10,000 images of CIFAR-10 at once would be 120 MB; one tile costs a
// fraction of a percent of evaluating it, and a block of faults shares it.)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "data/preprocess.hpp"
#include "engine/tiles.hpp"
#include "graph/image_layout.hpp"
#include "graph/number_type.hpp"
#include "plan/plan.hpp"
#include "tf_injector/dataset.hpp"

namespace tf_injector::detail {

// What is done to the images of one input of the model.
struct InputFeed {
  data::Preprocessing preprocessing = {};
  NumberType type = NumberType::float32;      // as which the model then takes the values (stored_as)
  ImageLayout layout = ImageLayout::unknown;  // of the model's input
};

struct FeedOptions {
  std::vector<InputFeed> inputs = {};  // one per input of the model; none: all are fed as they are
  std::optional<int64_t> limit = {};   // the first so many images
};

// The place in dataset.inputs of the array for an input: the only one, or that of its name. Throws
// DatasetError: there is none.
[[nodiscard]] size_t array_of_input(const Dataset& dataset, const std::vector<PlanInput>& inputs,
                                    size_t input);

class ImageFeed {
 public:
  // Throws DatasetError: no images, images or labels that do not fit the model (expected and found are said).
  // Images whose channels lie elsewhere than the model takes them are transposed; a last axis of length 1 may
  // be missing or one too many, as for Keras.
  ImageFeed(Dataset dataset, const std::vector<PlanInput>& inputs, int64_t classes, FeedOptions options);

  [[nodiscard]] int64_t images() const noexcept { return images_; }
  [[nodiscard]] int label(int64_t image) const { return dataset_.labels[static_cast<size_t>(image)]; }
  [[nodiscard]] const Dataset& dataset() const noexcept { return dataset_; }
  [[nodiscard]] size_t bytes() const noexcept;            // of the images and labels in memory
  [[nodiscard]] size_t bytes_per_image() const noexcept;  // of one image's Buffers
  // What is done to the images that nobody asked for: one line each.
  [[nodiscard]] const std::vector<std::string>& remarks() const noexcept { return remarks_; }
  // What of the images is lost.
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

  // One thread's preprocessed images.
  struct Buffers {
    std::vector<AlignedBuffer> inputs;
    AlignedBuffer before_transpose;
    std::vector<std::span<const float>> views;
  };
  [[nodiscard]] Buffers make_buffers(int tile) const;
  // The tile's values for each input of the model; valid until the next call with these buffers.
  [[nodiscard]] std::span<const std::span<const float>> fill(const Tile& tile, Buffers& buffers) const;

 private:
  struct Source {
    size_t array = 0;  // index into Dataset::inputs
    InputFeed feed = {};
    bool transposed = false;  // (H, W, C) in memory, (C, H, W) for the model
    int64_t elements = 0;     // of one image
  };
  [[nodiscard]] Source match(const PlanInput& input, size_t array, const InputFeed& feed);
  void put_channels_last(DatasetInput& array, int64_t channels) const;
  void check_size(const DatasetInput& array) const;
  void check_labels(int64_t classes) const;
  [[nodiscard]] bool counts_from_one(int64_t classes) const;
  void check_type(const PlanInput& input, const Source& source);
  void preprocess(const Source& source, int64_t first, int64_t count, std::span<float> out) const;

  Dataset dataset_;
  int64_t images_ = 0;
  std::vector<Source> sources_;  // one per input of the model
  std::vector<std::string> remarks_, warnings_;
};

}  // namespace tf_injector::detail
