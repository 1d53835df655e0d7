// Counts what a report's details say of some faults: image by image, in parts that add up.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "core/byte_stream.hpp"
#include "metrics/confidence.hpp"
#include "metrics/decision.hpp"
#include "tf_injector/fault_details.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// Counts of images.
struct DetailCounts {
  int64_t nan_images = 0, inf_images = 0;
  int64_t sdc10pct = 0, sdc20pct = 0;
  int64_t fixed = 0, broken = 0;

  DetailCounts& operator+=(const DetailCounts& other) noexcept;
  DetailCounts& operator-=(const DetailCounts& other) noexcept;
  friend bool operator==(const DetailCounts&, const DetailCounts&) = default;
};

// One image under one fault.
struct RowDetails {
  DetailCounts counts;        // each 0 or 1
  int32_t went_to = -1;       // the class that the decision changed to; -1: it did not change
  double largest_change = 0;  // of its scores; NaN where one of two is NaN
};

// What the details of an image are compared with.
struct GoldenDetails {
  int32_t top = 0;          // the class that the golden run decides for
  double confidence = 0;    // of that class
  bool is_right = false;    // the label is the golden top 1
  RowDetails if_unchanged;  // what a fault counts whose scores are the golden ones
};

// All but if_unchanged, and then that too. `tally`: what the golden row counts as a fault's.
[[nodiscard]] GoldenDetails golden_details(std::span<const float> golden, int top, const Tally& tally,
                                           const Decision& decision, const Confidence& confidence);
// `tally`: what the row counts. A decision has changed where the tally counts it as critical; it went to the
// class that NumPy's top 1 selects.
[[nodiscard]] RowDetails row_details(std::span<const float> scores, std::span<const float> golden,
                                     const GoldenDetails& image, const Tally& tally, const Decision& decision,
                                     const Confidence& confidence);

// Cells of the table of classes that decisions changed from and to; 0 above kMostConfusionClasses.
[[nodiscard]] uint64_t confusion_cells(int64_t classes);

class DetailsCounter {
 public:
  DetailsCounter(size_t faults, int64_t classes);

  // An image whose scores no fault changes.
  void add_unchanged(const GoldenDetails& image);
  // What a fault does to an image that was added as unchanged.
  void replace(size_t fault, const GoldenDetails& image, const RowDetails& row);
  // Takes back an image that was added as unchanged and not replaced: the fault is not counted on it.
  void remove_unchanged(size_t fault, const GoldenDetails& image);
  // The counts of other images, of faults first, first + 1, ...
  void add(size_t first, const DetailsCounter& part);

  // All counts as bytes, and back into a counter of as many faults and classes. `read` throws ShortBytes.
  void write(ByteWriter& out) const;
  void read(ByteReader& in);

  // Are these sums of parts, of as many images of each fault as its tally counts?
  [[nodiscard]] bool are_possible(std::span<const Tally> tallies) const;

  // Of all images; without the weight's values. `tally`: the fault's, of the same images.
  [[nodiscard]] FaultDetails details(size_t fault, const Tally& tally) const;
  // Changed decisions by golden class and class gone to: (classes, classes); empty above
  // kMostConfusionClasses.
  [[nodiscard]] std::span<const int64_t> confusion() const noexcept { return confusion_; }

  [[nodiscard]] static uint64_t bytes_per_fault(int64_t classes);
  [[nodiscard]] static uint64_t fixed_bytes(int64_t classes);

 private:
  // Calls visit(array) for all arrays of counts.
  template <typename Counter, typename Visit>
  static void visit_counts(Counter& counter, const Visit& visit);
  void count_change(size_t fault, const GoldenDetails& image, const RowDetails& row, int by);
  [[nodiscard]] std::span<const int32_t> classes_of(size_t fault) const {
    return std::span(went_to_).subspan(fault * classes_, classes_);
  }

  size_t classes_;
  DetailCounts unchanged_;                  // of all faults
  std::vector<int32_t> unchanged_went_to_;  // per class: golden scores that tie
  std::vector<DetailCounts> counts_;        // per fault, beside unchanged_
  std::vector<int32_t> went_to_;            // (faults, classes), beside unchanged_went_to_
  std::vector<double> largest_change_;      // per fault
  std::vector<int64_t> confusion_;
};

}  // namespace tf_injector::detail
