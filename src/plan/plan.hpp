// What runs: the graph compiled into a list of steps with packed weights. Const after compile, shared by all
// threads. A fault never changes it: an Overlay holds the changed copies of the packed weights that contain
// the faulted one.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "core/aligned_buffer.hpp"
#include "graph/graph.hpp"
#include "graph/patch.hpp"
#include "kernels/kernel.hpp"
#include "kernels/kernel_set.hpp"
#include "plan/memory_planner.hpp"
#include "tf_injector/model.hpp"

namespace tf_injector::detail {

struct CompileOptions {
  KernelSet kernels = KernelSet::automatic;  // one that this CPU lacks: Error(usage)
  int output = 0;                            // index into Graph::outputs: which output is scored
  bool fuse = true;                          // false: every op is a step of its own, as with scalar kernels
  std::vector<WeightId> masks = {};          // of the calls whose outputs faults will hit, ascending
};

struct PlanInput {
  std::string name;
  Shape shape;
};

struct PlanStep {
  std::string path;   // as StepInfo's
  std::string label;  // StepInfo's op
  std::unique_ptr<const Kernel> kernel;
  std::vector<int> reads;  // values; the operand of a fused Add is the last
  Shape shape;             // of the output
};

// What a plan is made of. Values are numbered: the model's inputs first, then every step's output in running
// order.
struct PlanParts {
  std::vector<PlanInput> inputs;
  std::vector<PlanStep> steps;
  int output_value = 0;  // the scored one
  plan::MemoryPlan memory;
  KernelSet kernels = KernelSet::scalar;  // never `automatic`
  int64_t classes = 0;                    // elements of the scored output
};

class Plan {
 public:
  // Throws ModelError (an op without kernel for these shapes), Error(usage) (kernel set not available).
  [[nodiscard]] static Plan compile(const Graph& graph, const CompileOptions& options);

  [[nodiscard]] const PlanParts& parts() const noexcept { return parts_; }
  [[nodiscard]] const std::vector<PlanInput>& inputs() const noexcept { return parts_.inputs; }
  [[nodiscard]] int64_t classes() const noexcept { return parts_.classes; }
  [[nodiscard]] KernelSet kernels() const noexcept { return parts_.kernels; }
  [[nodiscard]] std::vector<StepInfo> steps() const;
  [[nodiscard]] size_t bytes() const;  // its memory: packed weights and the kernels' tables
  [[nodiscard]] size_t workspace_bytes_per_image() const noexcept;

 private:
  explicit Plan(PlanParts parts) : parts_(std::move(parts)) {}
  PlanParts parts_;
};

// The packed weights that a patch changes; const after construction, shared by all threads.
class Overlay {
 public:
  struct PatchedStep {
    size_t step = 0;  // index into PlanParts::steps
    std::unique_ptr<const Kernel> kernel;
  };
  // None of the steps where the patches change nothing.
  Overlay(const Plan& plan, std::span<const Patch> fault);
  Overlay(const Plan& plan, const Patch& patch) : Overlay(plan, std::span(&patch, 1)) {}
  [[nodiscard]] const std::vector<PatchedStep>& steps() const noexcept { return steps_; }

 private:
  std::vector<PatchedStep> steps_;  // ascending
};

// Activation buffers for up to `tile` images; one per thread.
class Workspace {
 public:
  Workspace(const Plan& plan, int tile);
  [[nodiscard]] int tile() const noexcept { return tile_; }
  // A buffer of the plan's memory plan: tile images.
  [[nodiscard]] float* slot(int index) noexcept { return slots_[static_cast<size_t>(index)].data(); }
  // Scratch: room for the inputs of any step.
  [[nodiscard]] std::vector<const float*>& pointers() noexcept { return pointers_; }

 private:
  int tile_ = 0;
  std::vector<AlignedBuffer> slots_;
  std::vector<const float*> pointers_;
};

// How the original would have fed these images: last bits depend on it (numerics.md).
struct BatchContext {
  int batch = 2;        // size of the batch in which the original feeds every image of this tile
  int batch_index = 0;  // of the tile's first image in its batch
  const std::atomic<bool>* stop = nullptr;  // once it is true, no further step begins: Stopped is thrown
};

// Puts the images where the steps find them; inputs as for evaluate.
void load_inputs(const Plan& plan, Workspace& workspace, std::span<const std::span<const float>> inputs);
// Computes a step by its own kernel, or by a patched copy of it, on images whose inputs the steps before have
// computed. To be called while a FlushDenormals lives. Allocates nothing.
void run_step(const Plan& plan, size_t step, const Kernel& kernel, Workspace& workspace, int images,
              BatchContext context);

// The plain full pass over up to workspace.tile() images. inputs[i]: images x elements of plan.inputs()[i],
// preprocessed. scores: images x plan.classes(). `overlay` may be null: the golden run. Allocates nothing.
void evaluate(const Plan& plan, const Overlay* overlay, Workspace& workspace,
              std::span<const std::span<const float>> inputs, int images, BatchContext context,
              std::span<float> scores);

}  // namespace tf_injector::detail
