#include "plan/memory_planner.hpp"

#include <algorithm>
#include <map>

#include "plan/draft.hpp"

namespace tf_injector::detail::plan {
namespace {

class Slots {
 public:
  // The best free buffer (the smallest that is large enough, else the largest, which grows), or a new one.
  int take(int64_t elements) {
    auto best = free_.end();
    for (auto it = free_.begin(); it != free_.end(); ++it) {
      if (best == free_.end() || better(elements_[index(*it)], elements_[index(*best)], elements)) best = it;
    }
    if (best == free_.end()) {
      elements_.push_back(elements);
      return static_cast<int>(elements_.size()) - 1;
    }
    const int slot = *best;
    free_.erase(best);
    elements_[index(slot)] = std::max(elements_[index(slot)], elements);
    return slot;
  }
  void give_back(int slot) { free_.push_back(slot); }
  [[nodiscard]] std::vector<int64_t> sizes() const { return elements_; }

 private:
  static size_t index(int slot) { return static_cast<size_t>(slot); }
  static bool better(int64_t candidate, int64_t current, int64_t wanted) {
    if ((candidate >= wanted) != (current >= wanted)) return candidate >= wanted;
    return candidate >= wanted ? candidate < current : candidate > current;
  }
  std::vector<int64_t> elements_;
  std::vector<int> free_;
};

}  // namespace

MemoryPlan plan_memory(const Draft& draft) {
  const size_t end = draft.steps.size();
  std::map<ValueId, size_t> last_read{{draft.output.value, end}};
  for (size_t i = end; i-- > 0;) {
    for (const Use& use : draft.steps[i].inputs) last_read.emplace(use.value, i);  // keeps the latest
  }
  MemoryPlan memory;
  Slots slots;
  std::map<ValueId, int> slot_of;
  for (const Use& input : draft.inputs) {
    slot_of[input.value] = slots.take(input.shape.elements());
    memory.slot_of_input.push_back(slot_of[input.value]);
  }
  for (size_t i = 0; i < end; ++i) {
    const DraftStep& step = draft.steps[i];
    const int slot = slots.take(step.shape.elements());
    slot_of[step.output] = slot;
    memory.slot_of_step.push_back(slot);
    std::vector<int> reads;
    for (const Use& use : step.inputs) reads.push_back(slot_of.at(use.value));
    memory.reads.push_back(std::move(reads));
    std::vector<ValueId> finished;
    for (const Use& use : step.inputs) {
      if (last_read.at(use.value) == i &&
          std::find(finished.begin(), finished.end(), use.value) == finished.end()) {
        finished.push_back(use.value);
      }
    }
    for (ValueId value : finished) slots.give_back(slot_of.at(value));
  }
  memory.slot_elements = slots.sizes();
  memory.output_slot = slot_of.at(draft.output.value);
  return memory;
}

}  // namespace tf_injector::detail::plan
