// A run without a fault that is not done yet, or is, as bytes: what a run that is killed goes on from.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "session/golden_run.hpp"
#include "session/setup.hpp"

namespace tf_injector::detail {

// Golden scores up to this size are kept.
inline constexpr uint64_t kMostKeptGoldenBytes = uint64_t{8} << 20;
[[nodiscard]] inline bool can_keep_golden(const Setup& setup) noexcept {
  return static_cast<uint64_t>(setup.images()) * setup.classes() * sizeof(float) <= kMostKeptGoldenBytes;
}

// `done`: which images are; `thread_seconds`: that they took.
[[nodiscard]] std::string partial_golden_bytes(const Setup& setup, const GoldenRun& golden,
                                               const std::vector<bool>& done, double thread_seconds);

class PartialGolden {
 public:
  // `bytes` as partial_golden_bytes wrote them; nothing where they are of other images, were not checked as
  // this run wants them to be (--check), or are damaged.
  static std::optional<PartialGolden> read(std::string bytes, const Setup& setup);
  // The rows of these images, in their order.
  static PartialGolden of(std::vector<bool> done, std::string rows);
  // Puts the rows of the images that are done into `golden`, and what they say of each.
  void restore(const Setup& setup, GoldenRun& golden) const;
  [[nodiscard]] double share() const;  // of the images that are done

  std::vector<bool> done;
  double thread_seconds = 0;

 private:
  std::string bytes_;
  size_t rows_at_ = 0;  // in bytes_
};

}  // namespace tf_injector::detail
