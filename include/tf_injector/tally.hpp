// What a report counts of a fault.
#pragma once

#include <cstdint>

namespace tf_injector {

// Counts over images of one fault; parts of a campaign add up.
struct Tally {
  int64_t images = 0;
  int64_t top_1_correct = 0;
  int64_t top_5_correct = 0;
  int64_t top_1_robust = 0;  // golden's top-1 among the faulty top 1
  int64_t top_5_robust = 0;
  int64_t masked = 0;

  [[nodiscard]] int64_t non_critical() const noexcept { return top_1_robust - masked; }
  [[nodiscard]] int64_t critical() const noexcept { return images - top_1_robust; }
  Tally& operator+=(const Tally& other) noexcept;
  Tally& operator-=(const Tally& other) noexcept;
  friend bool operator==(const Tally&, const Tally&) = default;
};

}  // namespace tf_injector
