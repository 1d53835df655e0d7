// What `run` prints on standard output.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tf_injector/campaign.hpp"

namespace tf_injector::detail::cli {

// The lines of the Python tool: "GOLD stats:", "images: N", "top 1 accuracy: N", "top 5 accuracy: N"
// (counts).
[[nodiscard]] std::string golden_text(const Tally& golden);

// A table with a line per bit group and their total: faults, inferences (faults x images), and how many of
// those were masked, non-critical, critical.
[[nodiscard]] std::string groups_text(const std::vector<BitGroupSummary>& groups);

// "<0.01 %", "12.34 %", ">99.99 %": rounded, but never to none or all; "-" of nothing.
[[nodiscard]] std::string percent_text(int64_t count, int64_t total);

// "report: x.csv\n"; "" where there is no path.
[[nodiscard]] std::string path_line(const char* what, const std::string& path);

// What --dry-run says.
struct DryRun {
  size_t faults = 0;
  std::string shard = {};     // "": the whole list
  std::string preprocessing;  // what is done to the images, and why
  double seconds = 0;
  uint64_t memory_bytes = 0, disk_bytes = 0;
  std::vector<std::string> would_write;
};
[[nodiscard]] std::string dry_run_text(const DryRun& plan);

}  // namespace tf_injector::detail::cli
