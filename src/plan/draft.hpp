// The plan while passes work on it: steps in running order, each with the values it reads. Lives only during
// compile.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "graph/graph.hpp"
#include "kernels/kernel.hpp"

namespace tf_injector::plan {

using ValueId = NodeId;  // a value is named after the graph node that made it

// A value as one step reads it: a Reshape may have changed its shape, never its elements.
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
  std::vector<Use> inputs;  // the model's inputs, in its order
  Use output;               // the scored output

  // How many steps read the value; the scored output counts as one more reader.
  [[nodiscard]] int readers(ValueId value) const;
  // Index of the step that makes the value, -1 for a model input.
  [[nodiscard]] int producer(ValueId value) const;
};

[[nodiscard]] Draft draft_of(const Graph& graph, int output);

// --- passes, in the order in which compile runs them; one file each ---

// Steps whose value nobody reads.
void drop_unused(Draft& draft);
// Steps that only rename: Reshape, a Transpose that moves axes of length 1, a Slice that takes everything, an
// Add or Concat of one tensor.
void drop_copies(Draft& draft);
// A Pad of zeros on h and w before a "valid" convolution becomes part of it (its zeros are still multiplied),
// one of -Inf before a "valid" MaxPool2D too.
void fuse_padding(Draft& draft);
// BatchNormalization, Add and Activation become the end of the step that makes their input, when nobody else
// reads it.
void fuse_epilogues(Draft& draft);

}  // namespace tf_injector::plan
