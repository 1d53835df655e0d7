// The most memory that replay takes. Held by tests/replay/memory_test.cpp, which counts what is allocated.
#include <algorithm>
#include <set>

#include "replay/lane_values.hpp"
#include "replay/replay_plan.hpp"

namespace tf_injector::replay {
namespace {

// Arrays by their sizes, and what an allocation takes beside them: padding, its own page where it is large.
class ByteCount {
 public:
  void floats(int64_t count, int64_t arrays = 1) {
    bytes(count * static_cast<int64_t>(sizeof(float)), arrays);
  }
  void bytes(int64_t count, int64_t arrays = 1) { total_ += static_cast<size_t>(arrays * (count + kBeside)); }
  [[nodiscard]] size_t total() const noexcept { return total_; }

 private:
  static constexpr int64_t kBeside = 4096 + 512;
  size_t total_ = 0;
};

// The largest of what the steps and values of a plan ask for.
struct Largest {
  int64_t elements = 1, channels = 1, reads = 1, steps = 0;
  int64_t depth = 1, cout = 1, positions = 1, sums = 1, packed = 1;  // of linear steps
  int64_t room = 0;                                                  // for columns
  int64_t window = 1, pixels = 1, stripes = 1;

  explicit Largest(const ReplayPlan& plan) {
    for (const ValueInfo& value : plan.values()) {
      elements = std::max(elements, value.elements());
      channels = std::max(channels, value.channels);
    }
    for (const StepInfo& step : plan.steps()) add(step, plan.table().lanes);
  }

 private:
  void add(const StepInfo& step, int lanes) {
    reads = std::max(reads, static_cast<int64_t>(step.reads.size()));
    if (step.average) stripes = std::max<int64_t>(stripes, step.average->geometry.stripes);
    if (step.window) {
      window = std::max(window, step.window->most_rows());
      pixels = std::max(pixels, step.window->most_pixels());
    }
    if (!step.linear) return;
    const LinearGeometry& g = step.linear->geometry;
    depth = std::max(depth, g.taps * g.cin);
    cout = std::max(cout, g.cout);
    positions = std::max(positions, g.out_positions);
    sums = std::max(sums, g.out_positions * g.cout);
    packed = std::max(packed, g.taps * g.cin * (g.cout + lanes));
    room = std::max(room, step.linear->kernel->columns_room());
  }
};

void add_golden(const ReplayPlan& plan, ByteCount& count) {
  for (const ValueInfo& value : plan.values()) {
    count.floats(value.elements());
    count.floats(value.positions);  // squared norms
  }
  for (const StepInfo& step : plan.steps()) {
    if (!step.linear || !step.linear->dead) continue;
    count.floats(plan.values()[idx(step.output)].elements() + plan.table().lanes);  // before the ReLU
  }
}

// PositionScratch: places of positions, in vectors that grow by doubling.
void add_scratch(const Largest& largest, ByteCount& count) { count.bytes(4 * 4 * largest.positions, 16); }

void add_lane_steps(const ReplayPlan& plan, const Largest& largest, ByteCount& count) {
  const int64_t width = plan.table().width(), kIndex = sizeof(int32_t), kPointer = sizeof(void*);
  count.floats(largest.channels * width, 5 + largest.stripes);  // sums, an operand, rows, merged rows
  count.floats((largest.window + largest.channels) * width);
  count.bytes((largest.window + largest.channels + width) * (2 * kIndex + 2 * kPointer), 4);
  count.bytes(largest.pixels * (kIndex + 2 * static_cast<int64_t>(sizeof(simd::LaneTap))));
  count.floats(largest.elements, 2 + largest.reads);
  count.bytes(largest.channels * kIndex);  // channel_places
  count.bytes(largest.channels * (2 * kIndex + 2 * static_cast<int64_t>(sizeof(LaneChange)) * width));
  count.floats((largest.depth + 1) * width, 2);  // rows of a window, with and without its zeros
  count.floats(largest.packed);
  count.floats(largest.cout * width);
  count.bytes((largest.depth + width) * kIndex, 4 + simd::kLaneVectors);
  count.bytes((largest.cout + 4 * width) * kIndex, 3 + 2 * simd::kLaneVectors);  // AliveChannels
  count.bytes(largest.depth * static_cast<int64_t>(sizeof(simd::LaneTap)));
}

// One fault after the other in the hit layer, and the faults that run alone.
void add_alone(const ReplayPlan& plan, const Largest& largest, int32_t lanes, ByteCount& count) {
  const int64_t faults = std::min(kMostAlone, lanes);
  const std::vector<int64_t>& slots = plan.plan().impl().memory.slot_elements;
  for (size_t slot = 0; slot < slots.size(); ++slot) {
    count.floats(slots[slot], faults);
    count.bytes(plan.slot_positions(static_cast<int>(slot)), faults);
  }
  count.floats(largest.channels * plan.table().width());
  count.bytes(largest.elements * static_cast<int64_t>(sizeof(int32_t)));
  count.floats(largest.positions * plan.table().width());                           // HitColumns:
  count.bytes(largest.positions * (4 * sizeof(int32_t) + sizeof(simd::LaneMask)));  // values, places, lanes
  count.floats(plan.shortcuts().channel ? 0 : largest.sums);
  count.floats(largest.room);
}

size_t lane_buffer_bytes(const ReplayPlan& plan, int slot, int32_t lanes) {
  ByteCount count;
  const LaneLimit limit = plan.lane_limit(slot, lanes);
  count.floats(limit.values);
  count.bytes(limit.channels * static_cast<int64_t>(sizeof(int32_t)));
  count.bytes(
      plan.slot_positions(slot) * static_cast<int64_t>(sizeof(LaneBuffer::Place) + sizeof(simd::LaneMask)),
      2);
  return count.total();
}

}  // namespace

size_t ReplayPlan::workspace_bytes(PackSize size) const {
  const Largest largest(*this);
  ByteCount count;
  add_golden(*this, count);
  add_scratch(largest, count);
  add_scratch(largest, count);
  add_lane_steps(*this, largest, count);
  add_alone(*this, largest, size.lanes, count);
  count.floats(plan_.classes(), 2);
  size_t all = 0, most = 0;
  for (size_t slot = 0; slot < plan_.impl().memory.slot_elements.size(); ++slot) {
    const size_t bytes = lane_buffer_bytes(*this, static_cast<int>(slot), size.lanes);
    all += bytes;
    most = std::max(most, bytes);
  }
  // The values' own, those that are carried or spare, one that grows.
  return count.total() + all + static_cast<size_t>(size.buffers() + 1) * most;
}

size_t ReplayPlan::bytes() const noexcept {
  ByteCount count;
  for (const StepInfo& step : steps_) {
    if (step.linear) {
      count.floats(static_cast<int64_t>(step.linear->weights.size()));
      count.floats(2 * static_cast<int64_t>(step.linear->geometry.source.size()));
      count.floats(step.linear->geometry.cout, 4);
    }
    if (step.window) {
      for (const WindowGeometry::Window& w : step.window->geometry.windows)
        count.bytes(8 * static_cast<int64_t>(w.positions.size() + w.taps.size()) + 128 - 4608);
    }
    if (step.average) {
      for (const AverageGeometry::Window& w : step.average->geometry.windows)
        count.bytes(8 * static_cast<int64_t>(w.positions.size()) + 96 - 4608);
    }
    if (step.movement)
      count.floats(
          2 * static_cast<int64_t>(step.movement->elements.size() + 2 * step.movement->positions.size()));
    count.bytes(sizeof(StepInfo));
  }
  return count.total();
}

// Columns, epilogue and lists of one hit fault; or the step's kernel with the fault in it.
size_t ReplayPlan::bytes_per_fault(std::span<const Patch> faults) const {
  std::set<WeightId> weights;
  for (const Patch& fault : faults) weights.insert(fault.weight);
  size_t most = 0;
  for (WeightId weight : weights) {
    const std::vector<size_t> steps = steps_holding(weight);
    ByteCount count;
    count.bytes(1024);  // the fault itself
    for (size_t s : steps) {
      const std::optional<LinearStep>& linear = steps_[s].linear;
      count.floats(6 * 64 + table_.lanes, 2);
      if (linear && steps.size() == 1)  // a vector of them even where one fault stands alone
        count.floats(linear->geometry.taps * linear->geometry.cin * table_.lanes);
      if (!linear || steps.size() > 1 || !shortcuts_.channel)
        count.bytes(static_cast<int64_t>(steps_[s].kernel->weight_bytes()), 2);
    }
    most = std::max(most, count.total());
  }
  return most;
}

}  // namespace tf_injector::replay
