// What `bench` prints on standard output.
#pragma once

#include <string>
#include <vector>

#include "tf_injector/benchmark.hpp"

namespace tf_injector::detail::cli {

// A table with a row per engine; the first is what the others are compared with.
[[nodiscard]] std::string speeds_text(const std::vector<EngineSpeed>& speeds);
// The same for programs: a JSON object a line. "name", "faults", "images", "seconds", "faults_per_second" are
// what tools/side_by_side.py reads.
[[nodiscard]] std::string speeds_json(const std::vector<EngineSpeed>& speeds);

// A table with a row per shortcut of replay, and whole evaluations and the threads below it. Shortcuts are
// compared in processor time, threads in wall time.
[[nodiscard]] std::string technique_speeds_text(const TechniqueSpeeds& speeds);
[[nodiscard]] std::string technique_speeds_json(const TechniqueSpeeds& speeds);

// A table with a row per step and their total, and the machine's peak below it.
[[nodiscard]] std::string step_speeds_text(const StepSpeeds& speeds);
[[nodiscard]] std::string step_speeds_json(const StepSpeeds& speeds);

}  // namespace tf_injector::detail::cli
