// How fast the engines are (the plain one, which evaluates the whole network for every fault, and replay),
// and every step of a network alone.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "tf_injector/dataset.hpp"
#include "tf_injector/fault_list.hpp"
#include "tf_injector/model.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector {

// What is measured. Copies share weights and images.
struct BenchmarkInputs {
  Model model;
  Dataset dataset = {};
  std::optional<FaultList> faults = {};
  SessionOptions options = {};
};

struct EngineSpeed {
  std::string name = {};  // "plain", "replay"
  int64_t faults = 0, images = 0;
  double seconds = 0;         // for the faults alone
  double golden_seconds = 0;  // the run without a fault, before them or in one pass with them
  std::string kernels = {};
  int threads = 0, tile = 0;
  double processor_seconds = 0;  // for the faults, of all threads together

  [[nodiscard]] double faults_per_second() const noexcept {
    return seconds > 0 ? static_cast<double>(faults) / seconds : 0;
  }
};

struct SpeedCallbacks {
  std::function<void(const std::string&)> message = {};  // one line each
  const std::atomic<bool>* stop = nullptr;               // ends the measurement with Error(interrupted)
};

// Evaluates as a campaign does, and writes nothing. Replay evaluates the whole list; the plain engine faults
// that are spread over the list, until `plain_seconds` have passed, and at least one. What both counted is
// compared. With the scalar kernels, for which there is no replay, only the plain engine is measured. Throws
// what a Session and a Campaign throw, Error(usage) without a list, Error(bad_input) for an empty one,
// Error(self_check) when the engines disagree.
[[nodiscard]] std::vector<EngineSpeed> measure_engines(const BenchmarkInputs& inputs, double plain_seconds,
                                                       const SpeedCallbacks& callbacks);

// What one of replay's shortcuts (ARCHITECTURE.md, "Replay") is worth; all of the same list and images.
struct TechniqueSpeed {
  std::string name = {}, instead = {};  // "prefix"; what is done where it is left out
  EngineSpeed all = {};                 // with all shortcuts, right before
  EngineSpeed without = {};             // with all but this one
  EngineSpeed up_to = {};               // with this one and those before it
};
struct TechniqueSpeeds {
  EngineSpeed plain = {};       // as measure_engines
  EngineSpeed none = {};        // replay without any shortcut
  EngineSpeed one_thread = {};  // replay with all shortcuts on one thread
  std::vector<TechniqueSpeed> techniques = {};
};

// Replays the whole list with each shortcut left out. What is counted is the same every time, or
// it throws Error(self_check). Throws what measure_engines throws, Error(usage) with the scalar kernels.
[[nodiscard]] TechniqueSpeeds measure_techniques(const BenchmarkInputs& inputs, double plain_seconds,
                                                 const SpeedCallbacks& callbacks);

// One step of the plan, run alone and again and again on one thread: its input lies in the caches.
struct StepSpeed {
  std::string path = {}, op = {}, kernel = {};  // as in StepInfo
  int64_t multiply_adds = 0;                    // per image
  double seconds_per_image = 0;                 // of processor time
};
struct StepSpeeds {
  std::string kernels = {};
  int images = 0;   // worked on together
  double peak = 0;  // multiply-adds per second of one thread, measured; 0: not known (scalar)
  std::vector<StepSpeed> steps = {};
};

// On the first images; the list is not used. Throws what a Session throws.
[[nodiscard]] StepSpeeds measure_steps(const BenchmarkInputs& inputs, const SpeedCallbacks& callbacks);

}  // namespace tf_injector
