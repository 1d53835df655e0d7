// The most memory that replay takes. Held by tests/replay/memory_test.cpp, which counts what is allocated.
#include <algorithm>
#include <set>

#include "replay/plan/replay_sizes.hpp"
#include "replay/replay.hpp"

namespace tf_injector::detail::replay {
namespace {

// Nodes of maps, functions, a list while it is being made: of no array that is counted.
constexpr size_t kSmallThings = 4096;

template <class T>
size_t bytes_of(const std::vector<T>& values) {
  return vector_bytes(values);
}
size_t bytes_of(const WindowGeometry::Window& window) {
  return vector_bytes(window.positions) + vector_bytes(window.taps);
}
size_t bytes_of(const AverageGeometry::Window& window) { return vector_bytes(window.positions); }

template <class Window>
size_t windows_bytes(const std::vector<Window>& windows) {
  size_t bytes = vector_bytes(windows);
  for (const Window& window : windows) bytes += bytes_of(window);
  return bytes;
}

// Of a step, its unpacked weights among them, whether they are there or left out.
size_t step_bytes(const ReplayStep& step) {
  size_t bytes = vector_bytes(step.reads);
  if (step.linear) {
    const LinearGeometry& g = step.linear->geometry;
    bytes += vector_bytes(g.source) + AlignedBuffer::bytes_of(idx(g.taps * g.cin * g.cout));
    if (step.linear->clipped_bound) bytes += ClippedBound::kArrays * AlignedBuffer::bytes_of(idx(g.cout));
  }
  if (step.window) bytes += windows_bytes(step.window->geometry.windows);
  if (step.average) bytes += windows_bytes(step.average->geometry.windows);
  if (step.movement) bytes += vector_bytes(step.movement->positions) + vector_bytes(step.movement->elements);
  return bytes;
}

}  // namespace

size_t ReplaySizes::workspace_bytes() const {
  size_t largest = 0;
  for (const SlotSizes& slot : slots) largest = std::max(largest, pixel_buffer_bytes(slot));
  const size_t arrays =
      array_bytes<GoldenActivationsArrays>(*this) + array_bytes<PackedActivationsArrays>(*this) +
      array_bytes<FaultedChannelOutputsArrays>(*this) + array_bytes<PackExecutorArrays>(*this) +
      array_bytes<PackPixelsArrays>(*this) + array_bytes<AverageFormArrays>(*this) +
      array_bytes<WindowFormArrays>(*this) + array_bytes<WholeFormArrays>(*this) +
      array_bytes<PackedLinearArrays>(*this) + array_bytes<PossiblyNonzeroChannelsArrays>(*this) +
      array_bytes<PerFaultExecutorArrays>(*this) + array_bytes<ReplayScores>(*this);
  // Buffers that are carried or spare, and the new place of one that grows or is packed.
  const size_t moved = largest;
  const size_t carried =
      idx(pack.buffers()) * (sizeof(CarriedPack) + block_bytes(idx(pack.lanes) * sizeof(BlockIndex)));
  return arrays + most_outside_bytes(*this) + moved + carried + block_bytes(sizeof(ReplayWorkspace)) +
         kSmallThings;
}

size_t ReplayPlan::workspace_bytes(PackSize size) const { return ReplaySizes(*this, size).workspace_bytes(); }

size_t ReplayPlan::bytes() const noexcept {
  size_t bytes = vector_bytes(values_) + vector_bytes(steps_) + vector_bytes(segments_) + kSmallThings;
  for (const ReplayStep& step : steps_) bytes += step_bytes(step);
  for (const std::vector<int64_t>* sizes : {&sizes_.values, &sizes_.squares, &sizes_.before, &sizes_.among})
    bytes += vector_bytes(*sizes);
  return bytes + vector_bytes(sizes_.slots);
}

namespace {

std::set<size_t> step_set(const std::vector<size_t>& steps) { return {steps.begin(), steps.end()}; }

}  // namespace

size_t ReplayPlan::bytes_per_fault(PatchRows faults) const {
  const size_t patches = faults.most_patches();
  size_t most = 0;
  for (const std::set<WeightId>& weights : weights_of(faults)) {
    std::set<size_t> steps;
    for (const WeightId weight : weights) steps.merge(step_set(steps_holding(weight)));
    most = std::max(most, fault_bytes(*this, std::vector<size_t>(steps.begin(), steps.end()), patches));
  }
  return most;
}

}  // namespace tf_injector::detail::replay
