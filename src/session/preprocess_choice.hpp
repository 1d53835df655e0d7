// How images become what the network is fed with: decided for each input of the model, with the reason
// (docs/interface.md, "Preprocessing").
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "plan/plan.hpp"
#include "session/image_feed.hpp"
#include "tf_injector/dataset.hpp"
#include "tf_injector/session.hpp"

namespace tf_injector::detail {

struct PreprocessChoice {
  std::vector<InputFeed> inputs;  // one per input of the model
  // The formula, and why it was chosen; "left: ...; right: ..." where the inputs differ. Bytes that are fed
  // as they are are "float32(x)", float32 images "x".
  std::string how, why;
  std::optional<data::Normalization> normalization;  // in force for any input
  std::vector<std::string> warnings;                 // one line each

  // "x / 255 (neither a data set nor mean and std are given)"
  [[nodiscard]] std::string text() const { return how + " (" + why + ")"; }
};

// `inputs`: those of the plan, in the order of graph.inputs. Throws DatasetError: an input has no array.
[[nodiscard]] PreprocessChoice choose_preprocessing(const PreprocessOptions& options, const Dataset& dataset,
                                                    const Graph& graph, const std::vector<PlanInput>& inputs);

}  // namespace tf_injector::detail
