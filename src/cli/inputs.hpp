// Model, list and data as the flags name them, read.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "cli/run_options.hpp"
#include "tf_injector/benchmark.hpp"

namespace tf_injector::detail::cli {

// --model, else models/<dataset>/<network>.keras. Throws Error(usage) when neither is given; ModelError when
// the file does not exist (the networks that do are listed).
[[nodiscard]] std::string find_model(const RunOptions& options);

// "data" of "x/data.npz" and of "x/data/"; archives lose both suffixes ("cifar-10-python" of ".tar.gz").
[[nodiscard]] std::string stem_of(const std::string& path);

// Reads model, list and data, in this order. `message`: one line each. The session options hold what this
// program holds beside them, so that --memory bounds all of it. Throws Error(usage), ModelError,
// FaultListError, DatasetError, Error(download), Error(out_of_memory).
[[nodiscard]] BenchmarkInputs load_inputs(const RunOptions& options,
                                          const std::function<void(const std::string&)>& message);

}  // namespace tf_injector::detail::cli
