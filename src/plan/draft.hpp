// The plan while it is being compiled: steps in execution order, each with the values that it reads. Passes
// rewrite it.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "kernels/kernel.hpp"

namespace tf_injector::detail::plan {

using ValueId = NodeId;  // a value has the id of the graph node that computes it; of masks they follow

// A value as one step reads it. A Reshape between them may have changed its shape, never its elements.
struct Use {
  ValueId value = -1;
  Shape shape;
};

struct DraftStep {
  std::string path;
  std::string label;  // "Conv2D+BatchNormalization+relu"
  Op op;
  std::vector<Use> inputs;  // the operand of a fused Add is the last
  ValueId output = -1;
  Shape shape;  // of the output
  Epilogue epilogue;
  std::optional<std::array<std::array<int64_t, 2>, 2>> explicit_padding;
};

struct Draft {
  std::vector<DraftStep> steps;
  std::vector<Use> inputs;  // the model's inputs, in order
  Use output;               // the scored output

  // The number of steps that read the value, plus one if it is the scored output.
  [[nodiscard]] int readers(ValueId value) const;
  // The index of the step that computes the value; -1 for a model input.
  [[nodiscard]] int producer(ValueId value) const;
};

// With a Mask behind the output of each of the masked calls.
[[nodiscard]] Draft draft_of(const Graph& graph, int output, std::span<const WeightId> masks = {});

// --- passes, in the order in which compile runs them; one file each ---

// Removes steps whose value is not read.
void drop_unused(Draft& draft);
// Removes steps that keep all elements in order: Reshape, a Transpose that moves only axes of length 1, a
// Slice that takes everything, an Add or Concat of one tensor.
void drop_copies(Draft& draft);
// Fuses a Pad of zeros on h and w into a following "valid" convolution, where the zeros are still multiplied,
// and a Pad of -Inf into a following "valid" MaxPool2D.
void fuse_padding(Draft& draft);
// Fuses BatchNormalization, Add and Activation into the step that computes their input, if no other step
// reads it.
void fuse_epilogues(Draft& draft);

}  // namespace tf_injector::detail::plan
