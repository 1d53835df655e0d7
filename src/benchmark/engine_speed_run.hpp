// Measuring the plain engine and another one.
#pragma once

#include <vector>

#include "engine/engine_choice.hpp"
#include "tf_injector/benchmark.hpp"

namespace tf_injector::detail {

// `fast`: the engine that is measured beside the plain one, under the name "replay". See measure_engines.
[[nodiscard]] std::vector<EngineSpeed> measure_with(const BenchmarkInputs& inputs, double plain_seconds,
                                                    const SpeedCallbacks& callbacks,
                                                    const EngineChoice& fast);

}  // namespace tf_injector::detail
