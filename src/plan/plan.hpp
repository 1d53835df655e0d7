// What runs: the graph compiled into a list of steps with packed weights. Const after compile, shared by all
// threads. A fault never changes it: an Overlay holds the changed copies of the packed weights that contain
// the faulted one.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "kernels/kernel_set.hpp"

namespace tf_injector {

struct CompileOptions {
  KernelSet kernels = KernelSet::automatic;  // one that this CPU lacks: Error(usage)
  int output = 0;                            // index into Graph::outputs: which output is scored
};

struct PlanInput {
  std::string name;
  Shape shape;
};

// One line of the plan for people and metadata.
struct StepInfo {
  std::string path;           // of the Keras layer whose op the step runs
  std::string op;             // "Conv2D+BatchNormalization+Add+relu"
  std::string kernel;         // "avx512:conv2d 6x64"
  int64_t multiply_adds = 0;  // per image
};

class Overlay;
class Workspace;

class Plan {
 public:
  // Throws ModelError (an op without kernel for these shapes), Error(usage) (kernel set not available).
  [[nodiscard]] static Plan compile(const Graph& graph, const CompileOptions& options);
  ~Plan();
  Plan(Plan&&) noexcept;
  Plan& operator=(Plan&&) noexcept;

  [[nodiscard]] const std::vector<PlanInput>& inputs() const noexcept;
  [[nodiscard]] int64_t classes() const noexcept;    // elements of the scored output
  [[nodiscard]] KernelSet kernels() const noexcept;  // never `automatic`
  [[nodiscard]] std::vector<StepInfo> steps() const;
  [[nodiscard]] size_t bytes() const;  // its memory: packed weights and the kernels' tables
  [[nodiscard]] size_t workspace_bytes_per_image() const noexcept;

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  Plan() = default;
  std::unique_ptr<const Impl> impl_;
};

// The packed weights that a patch changes; const after construction, shared by all threads.
class Overlay {
 public:
  Overlay(const Plan& plan, const Patch& patch);
  ~Overlay();
  Overlay(Overlay&&) noexcept;
  Overlay& operator=(Overlay&&) noexcept;

  struct Impl;
  [[nodiscard]] const Impl& impl() const noexcept { return *impl_; }

 private:
  std::unique_ptr<const Impl> impl_;
};

// Activation buffers for up to `tile` images; one per thread.
class Workspace {
 public:
  Workspace(const Plan& plan, int tile);
  ~Workspace();
  Workspace(Workspace&&) noexcept;
  Workspace& operator=(Workspace&&) noexcept;
  [[nodiscard]] int tile() const noexcept;

  struct Impl;
  [[nodiscard]] Impl& impl() noexcept { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

// How the original would have fed these images: last bits depend on it (numerics.md).
struct BatchContext {
  int batch = 2;        // size of the batch in which the original feeds every image of this tile
  int batch_index = 0;  // of the tile's first image in its batch
};

// The plain full pass over up to workspace.tile() images. inputs[i]: images x elements of plan.inputs()[i],
// preprocessed. scores: images x plan.classes(). `overlay` may be null: the golden run. Allocates nothing.
void evaluate(const Plan& plan, const Overlay* overlay, Workspace& workspace,
              std::span<const std::span<const float>> inputs, int images, BatchContext context,
              std::span<float> scores);

}  // namespace tf_injector
