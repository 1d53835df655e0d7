// What a report counts of a fault, and the columns that show it.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace tf_injector {

// Counts over the images of one fault. Parts of a campaign add up.
struct Tally {
  int64_t images = 0;
  int64_t top_1_correct = 0;
  int64_t top_5_correct = 0;
  int64_t top_1_robust = 0;  // the golden run's first class is among the faulty top 1
  int64_t top_5_robust = 0;
  int64_t masked = 0;  // all scores equal the golden ones

  [[nodiscard]] int64_t non_critical() const noexcept { return top_1_robust - masked; }
  [[nodiscard]] int64_t critical() const noexcept { return images - top_1_robust; }  // SDC-1
  Tally& operator+=(const Tally& other) noexcept;
  Tally& operator-=(const Tally& other) noexcept;
  friend bool operator==(const Tally&, const Tally&) = default;
};

// A column of the report: a count, or a number that follows from counts.
struct TallyColumn {
  std::string_view name;                             // in the header
  int64_t Tally::*count = nullptr;                   // null: the column is derived
  int64_t (*derived)(const Tally& tally) = nullptr;  // of a derived column
  std::string_view meaning = {};  // of a derived column, for messages: "top_1_robust - masked"
  bool in_golden = false;         // whether the GOLDEN row, of the golden run, has it

  [[nodiscard]] int64_t value(const Tally& tally) const {
    return count != nullptr ? tally.*count : derived(tally);
  }
};

// Every column, in the order of the report; the number of images is the first.
[[nodiscard]] std::span<const TallyColumn> tally_columns() noexcept;

}  // namespace tf_injector
