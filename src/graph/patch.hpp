// A fault resolved against a model: which elements of which weights become which values. The weights
// themselves are never written; a Plan is evaluated with an Overlay.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <set>
#include <span>
#include <utility>
#include <vector>

#include "graph/weight.hpp"

namespace tf_injector::detail {

struct Patch {
  WeightId weight = kNoWeight;
  int64_t element = 0;  // row-major index into Graph::weights[weight].values; of a mask see Graph::mask_of
  uint32_t old_bits = 0;
  uint32_t new_bits = 0;

  // False: a bit that is stuck at what it is.
  [[nodiscard]] bool changes() const noexcept { return old_bits != new_bits; }
};

inline constexpr int64_t kAllImages = -1;

// Does the fault with these patches change anything?
[[nodiscard]] inline bool changes_something(std::span<const Patch> fault) noexcept {
  return std::any_of(fault.begin(), fault.end(), [](const Patch& patch) { return patch.changes(); });
}

// The patches of neighbouring faults of a PatchTable, or of an array with one patch a fault; it must outlive
// them.
class PatchRows {
 public:
  PatchRows() = default;
  PatchRows(std::span<const Patch> one_each) noexcept : patches_(one_each.data()), count_(one_each.size()) {}
  PatchRows(const std::vector<Patch>& one_each) noexcept : PatchRows(std::span(one_each)) {}
  // begins[i]: the first patch of fault i; there is one more of them than faults. `images`: of each fault, or
  // null: all images have them.
  PatchRows(const Patch* patches, std::span<const size_t> begins, const int64_t* images = nullptr) noexcept
      : patches_(patches), begins_(begins.data()), images_(images), count_(begins.size() - 1) {}

  [[nodiscard]] size_t size() const noexcept { return count_; }
  [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
  // One for each part of the fault.
  [[nodiscard]] std::span<const Patch> operator[](size_t fault) const noexcept {
    assert(fault < count_);
    return {patches_ + begin_of(fault), begin_of(fault + 1) - begin_of(fault)};
  }
  // The only image that has the fault, or kAllImages.
  [[nodiscard]] int64_t image(size_t fault) const noexcept {
    assert(fault < count_);
    return images_ == nullptr ? kAllImages : images_[fault];
  }
  [[nodiscard]] bool is_on(size_t fault, int64_t image_number) const noexcept {
    return image(fault) == kAllImages || image(fault) == image_number;
  }
  // Is any fault that of a single image?
  [[nodiscard]] bool has_images() const noexcept { return images_ != nullptr; }
  // The fault as the image has it: nothing where it is another image's.
  [[nodiscard]] std::span<const Patch> on(size_t fault, int64_t image_number) const noexcept {
    return is_on(fault, image_number) ? (*this)[fault] : std::span<const Patch>();
  }
  // Of all faults, one behind the other.
  [[nodiscard]] std::span<const Patch> all() const noexcept {
    return empty() ? std::span<const Patch>()
                   : std::span(patches_ + begin_of(0), begin_of(count_) - begin_of(0));
  }
  // Of a fault.
  [[nodiscard]] size_t most_patches() const noexcept {
    size_t most = empty() ? 0 : 1;
    for (size_t i = 0; begins_ != nullptr && i < count_; ++i)
      most = std::max(most, begins_[i + 1] - begins_[i]);
    return most;
  }
  // Up to `count` faults from `first` on, which is at most size().
  [[nodiscard]] PatchRows subspan(size_t first,
                                  size_t count = std::numeric_limits<size_t>::max()) const noexcept {
    assert(first <= count_);
    PatchRows part = *this;
    if (begins_ == nullptr) {
      part.patches_ += first;
    } else {
      part.begins_ += first;
    }
    if (images_ != nullptr) part.images_ += first;
    part.count_ = std::min(count, count_ - first);
    return part;
  }

 private:
  [[nodiscard]] size_t begin_of(size_t fault) const noexcept {
    return begins_ == nullptr ? fault : begins_[fault];
  }

  const Patch* patches_ = nullptr;
  const size_t* begins_ = nullptr;   // null: one patch a fault
  const int64_t* images_ = nullptr;  // null: all images have every fault
  size_t count_ = 0;
};

// The patches of many faults. As long as each has one, nothing else is kept.
class PatchTable {
 public:
  PatchTable() = default;
  PatchTable(std::vector<Patch> one_each) noexcept : patches_(std::move(one_each)) {}

  void reserve(size_t faults) { patches_.reserve(faults); }
  // Of the next fault.
  void push_back(const Patch& fault) { add({&fault, 1}); }
  // `image`: the only one that has it.
  void add(std::span<const Patch> fault, int64_t image = kAllImages) {
    if (begins_.empty() && (fault.size() != 1 || image != kAllImages)) {
      begins_.resize(patches_.size() + 1);
      for (size_t i = 0; i < begins_.size(); ++i) begins_[i] = i;
    }
    if (images_.empty() && image != kAllImages) images_.resize(size(), kAllImages);
    if (!images_.empty() || image != kAllImages) images_.push_back(image);
    patches_.insert(patches_.end(), fault.begin(), fault.end());
    if (!begins_.empty()) begins_.push_back(patches_.size());
  }

  [[nodiscard]] PatchRows rows() const noexcept {
    return begins_.empty() ? PatchRows(patches_)
                           : PatchRows(patches_.data(), begins_, images_.empty() ? nullptr : images_.data());
  }
  operator PatchRows() const noexcept { return rows(); }
  [[nodiscard]] size_t size() const noexcept {
    return begins_.empty() ? patches_.size() : begins_.size() - 1;
  }
  [[nodiscard]] std::span<const Patch> operator[](size_t fault) const noexcept { return rows()[fault]; }
  // Of all faults, one behind the other.
  [[nodiscard]] std::vector<Patch>& all() noexcept { return patches_; }
  [[nodiscard]] const std::vector<Patch>& all() const noexcept { return patches_; }
  [[nodiscard]] const std::vector<size_t>& begins() const noexcept { return begins_; }
  [[nodiscard]] const std::vector<int64_t>& images() const noexcept { return images_; }

 private:
  std::vector<Patch> patches_;
  std::vector<size_t> begins_;   // empty: one patch a fault; else of each, and the end
  std::vector<int64_t> images_;  // empty: all images have every fault
};

// The sets of weights that faults change together, each once.
[[nodiscard]] std::set<std::set<WeightId>> weights_of(PatchRows faults);

}  // namespace tf_injector::detail
