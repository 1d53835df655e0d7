// A slice as bytes: what a worker found of some faults, on its way to the one that writes.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "session/setup.hpp"
#include "tf_injector/campaign.hpp"
#include "tf_injector/fault_details.hpp"
#include "tf_injector/tally.hpp"

namespace tf_injector::detail {

// What the slices of a campaign have in common.
struct SliceForm {
  std::string key;  // of all that decides a score, and what is kept: 64 hexadecimal digits
  int64_t images = 0;
  size_t classes = 0;            // scores of an image
  int64_t decision_classes = 0;  // see Setup
  bool has_scores = false, has_details = false;
};
[[nodiscard]] SliceForm slice_form(const Campaign& campaign);

struct Slice {
  int64_t row = 0;
  double seconds = 0;
  CheckTotals check;
  Tally golden;
  std::string golden_sha256;         // of golden scores
  std::vector<float> golden_scores;  // empty but in the slice without faults
  // One per fault.
  std::vector<int64_t> ids;
  std::vector<Tally> tallies;
  std::vector<FaultDetails> details;  // without the weight's values
  std::vector<int64_t> confusion;     // of all
  // Images, ascending, whose scores differ from the golden ones in some bit, and these scores.
  struct ChangedRows {
    std::vector<int64_t> images;
    std::vector<float> scores;
  };
  std::vector<ChangedRows> changed;
};

[[nodiscard]] std::string slice_bytes(const SliceForm& form, const Slice& slice);
// Throws Error(bad_input): not such bytes, changed ones, those of another campaign, or counts that cannot be.
[[nodiscard]] Slice read_slice(std::string_view bytes, const SliceForm& form);

// Rows that differ; `scores`, `golden`: images x classes.
[[nodiscard]] Slice::ChangedRows changed_rows(std::span<const float> scores, std::span<const float> golden,
                                              size_t classes);

}  // namespace tf_injector::detail
