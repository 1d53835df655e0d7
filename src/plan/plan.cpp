#include "plan/plan.hpp"

#include <algorithm>
#include <cassert>
#include <map>

#include "core/bits.hpp"
#include "core/flush_denormals.hpp"
#include "core/stop.hpp"
#include "plan/draft.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector::detail {
namespace {

PlanStep compile_step(const plan::DraftStep& draft, const Graph& graph, KernelSet set) {
  KernelContext context{.weights = graph.weights,
                        .inputs = {},
                        .output = draft.shape,
                        .set = set,
                        .epilogue = draft.epilogue,
                        .explicit_padding = draft.explicit_padding};
  const bool is_fused_add = draft.epilogue.add;
  for (size_t i = 0; i + (is_fused_add ? 1 : 0) < draft.inputs.size(); ++i)
    context.inputs.push_back(draft.inputs[i].shape);
  PlanStep step{
      .path = draft.path, .label = draft.label, .kernel = nullptr, .reads = {}, .shape = draft.shape};
  step.kernel = std::visit(
      [&](const auto& op) -> std::unique_ptr<const Kernel> {
        if constexpr (std::is_same_v<std::decay_t<decltype(op)>, ops::Input>) {
          throw Error(ErrorKind::internal, "plan: an input among the steps");
        } else {
          return make_kernel(op, context);
        }
      },
      draft.op);
  return step;
}

void number_values(const plan::Draft& draft, PlanParts& parts) {
  std::map<plan::ValueId, int> number;
  for (const plan::Use& input : draft.inputs) number.emplace(input.value, static_cast<int>(number.size()));
  for (size_t i = 0; i < draft.steps.size(); ++i) {
    for (const plan::Use& use : draft.steps[i].inputs) parts.steps[i].reads.push_back(number.at(use.value));
    number.emplace(draft.steps[i].output, static_cast<int>(draft.inputs.size() + i));
  }
  parts.output_value = number.at(draft.output.value);
}

}  // namespace

Plan Plan::compile(const Graph& graph, const CompileOptions& options) {
  PlanParts parts;
  parts.kernels = resolve_kernel_set(options.kernels);
  if (options.output < 0 || static_cast<size_t>(options.output) >= graph.outputs.size()) {
    throw Error(ErrorKind::internal, "plan: output " + std::to_string(options.output) + " of " +
                                         std::to_string(graph.outputs.size()));
  }
  plan::Draft draft = plan::draft_of(graph, options.output, options.masks);
  plan::drop_unused(draft);
  plan::drop_copies(draft);
  if (options.fuse && parts.kernels != KernelSet::scalar) {  // the reference runs op by op
    plan::fuse_padding(draft);
    plan::fuse_epilogues(draft);
  }
  for (const plan::DraftStep& step : draft.steps) {
    try {
      parts.steps.push_back(compile_step(step, graph, parts.kernels));
    } catch (const ModelError& error) {
      throw ModelError("layer '" + step.path + "': " + error.what());
    }
  }
  number_values(draft, parts);
  parts.memory = plan::plan_memory(draft);
  parts.classes = draft.output.shape.elements();
  for (NodeId id : graph.inputs) {
    const Node& node = graph.nodes[static_cast<size_t>(id)];
    parts.inputs.push_back({std::get<ops::Input>(node.op).name, node.shape});
  }
  return Plan(std::move(parts));
}

std::vector<StepInfo> Plan::steps() const {
  std::vector<StepInfo> infos;
  for (const PlanStep& step : parts_.steps) {
    infos.push_back({step.path, step.label, step.kernel->name(), step.kernel->multiply_adds()});
  }
  return infos;
}

size_t Plan::bytes() const {
  size_t bytes = vector_bytes(parts_.steps);
  for (const PlanStep& step : parts_.steps) bytes += step.kernel->bytes();
  return bytes;
}

size_t Plan::workspace_bytes_per_image() const noexcept {
  int64_t elements = 0;
  for (int64_t slot : parts_.memory.slot_elements) elements += slot;
  return static_cast<size_t>(elements) * sizeof(float);
}

Overlay::Overlay(const Plan& plan, std::span<const Patch> fault) {
  if (!changes_something(fault)) return;
  const std::vector<PlanStep>& steps = plan.parts().steps;
  for (size_t i = 0; i < steps.size(); ++i) {
    if (auto kernel = steps[i].kernel->patched(fault)) steps_.push_back({i, std::move(kernel)});
  }
}

Workspace::Workspace(const Plan& plan, int tile) : tile_(tile) {
  const plan::MemoryPlan& memory = plan.parts().memory;
  for (int64_t elements : memory.slot_elements) slots_.emplace_back(static_cast<size_t>(elements * tile));
  size_t most = 0;
  for (const auto& reads : memory.reads) most = std::max(most, reads.size());
  pointers_.resize(most);
}

void load_inputs(const Plan& plan, Workspace& workspace, std::span<const std::span<const float>> inputs) {
  for (size_t i = 0; i < inputs.size(); ++i)
    std::copy(inputs[i].begin(), inputs[i].end(), workspace.slot(plan.parts().memory.slot_of_input[i]));
}

void run_step(const Plan& plan, size_t step, const Kernel& kernel, Workspace& workspace, int images,
              BatchContext context) {
  const plan::MemoryPlan& memory = plan.parts().memory;
  const std::vector<int>& reads = memory.reads[step];
  std::vector<const float*>& pointers = workspace.pointers();
  for (size_t k = 0; k < reads.size(); ++k) pointers[k] = workspace.slot(reads[k]);
  kernel.run({.inputs = {pointers.data(), reads.size()},
              .output = workspace.slot(memory.slot_of_step[step]),
              .images = images,
              .batch = context.batch,
              .batch_index = context.batch_index});
}

void evaluate(const Plan& plan, const Overlay* overlay, Workspace& workspace,
              std::span<const std::span<const float>> inputs, int images, BatchContext context,
              std::span<float> scores) {
  const FlushDenormals flush;
  const PlanParts& p = plan.parts();
  assert(images <= workspace.tile() && inputs.size() == p.inputs.size());
  assert(static_cast<int64_t>(scores.size()) == images * p.classes);
  load_inputs(plan, workspace, inputs);
  size_t next_patch = 0;
  for (size_t i = 0; i < p.steps.size(); ++i) {
    check_stop(context.stop);
    const Kernel* kernel = p.steps[i].kernel.get();
    if (overlay != nullptr && next_patch < overlay->steps().size() && overlay->steps()[next_patch].step == i)
      kernel = overlay->steps()[next_patch++].kernel.get();
    run_step(plan, i, *kernel, workspace, images, context);
  }
  const float* result = workspace.slot(p.memory.output_slot);
  for (size_t i = 0; i < scores.size(); ++i) scores[i] = canonical_nan(result[i]);
}

}  // namespace tf_injector::detail
