// What is said of a protection, for all who show a study.
#pragma once

#include <string>
#include <vector>

#include "tf_injector/protect.hpp"

namespace tf_injector::detail {

// The study's subject and list, where whoever shows reports takes statistics.
[[nodiscard]] ReportStatistics subject_of(const ProtectionStudy& study);
// What happens without a protection, in one sentence.
[[nodiscard]] std::string unprotected_text(const ProtectionStudy& study);
// "0", "0.11", "4", "18"; "?" where it is not known.
[[nodiscard]] std::string bits_text(const ProtectionRow& row);
// How many times fewer: "1.02", "57"; "all" where nothing is left by definition; ">40" where nothing is left
// of the report's faults.
[[nodiscard]] std::string reduction_text(const ProtectionRow& row);
[[nodiscard]] std::string reduction_interval_text(const ProtectionRow& row);
// The layers that are hardened by rank, the most critical first; those of the row with the most.
[[nodiscard]] std::vector<std::string> ranked_layers(const ProtectionStudy& study);
// Is there a row that tells?
[[nodiscard]] bool has_harm(const ProtectionStudy& study);

}  // namespace tf_injector::detail
