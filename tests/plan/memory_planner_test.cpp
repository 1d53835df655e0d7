// Which values share a buffer: by hand, and on random networks.
#include "plan/memory_planner.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "plan/small_graph.hpp"
#include "support/random_graphs/random_graph.hpp"

namespace tf_injector::detail {
namespace {

using plan::Draft;
using plan::MemoryPlan;

// Runs over the steps as evaluate does, with the name of a value in every buffer in place of its elements.
void expect_sound(const Draft& draft) {
  const MemoryPlan memory = plan::plan_memory(draft);
  ASSERT_EQ(memory.slot_of_input.size(), draft.inputs.size());
  ASSERT_EQ(memory.slot_of_step.size(), draft.steps.size());
  ASSERT_EQ(memory.reads.size(), draft.steps.size());
  std::vector<plan::ValueId> owner(memory.slot_elements.size(), -1);
  std::vector<int64_t> largest(owner.size(), 0);
  const auto write = [&](int slot, plan::ValueId value, const Shape& shape) {
    owner.at(static_cast<size_t>(slot)) = value;
    int64_t& most = largest.at(static_cast<size_t>(slot));
    most = std::max(most, shape.elements());
  };
  std::set<int> of_inputs;
  for (size_t i = 0; i < draft.inputs.size(); ++i) {
    write(memory.slot_of_input[i], draft.inputs[i].value, draft.inputs[i].shape);
    of_inputs.insert(memory.slot_of_input[i]);
  }
  ASSERT_EQ(of_inputs.size(), draft.inputs.size()) << "inputs share a buffer";
  for (size_t i = 0; i < draft.steps.size(); ++i) {
    const plan::DraftStep& step = draft.steps[i];
    ASSERT_EQ(memory.reads[i].size(), step.inputs.size());
    for (size_t k = 0; k < step.inputs.size(); ++k) {
      ASSERT_EQ(owner[static_cast<size_t>(memory.reads[i][k])], step.inputs[k].value)
          << "step " << i << ": its input " << k << " is gone";
      ASSERT_NE(memory.reads[i][k], memory.slot_of_step[i]) << "step " << i << " overwrites what it reads";
    }
    write(memory.slot_of_step[i], step.output, step.shape);
  }
  ASSERT_EQ(owner[static_cast<size_t>(memory.output_slot)], draft.output.value) << "the scores are gone";
  ASSERT_EQ(memory.slot_elements, largest) << "a buffer is not as large as the largest of its values";
}

// The most values that are needed at once: how many buffers there have to be.
size_t most_at_once(const Draft& draft) {
  std::map<plan::ValueId, size_t> last{{draft.output.value, draft.steps.size()}};
  for (size_t i = draft.steps.size(); i-- > 0;) {
    for (const plan::Use& use : draft.steps[i].inputs) last.emplace(use.value, i);
  }
  std::set<plan::ValueId> live;
  for (const plan::Use& input : draft.inputs) live.insert(input.value);
  size_t most = live.size();
  for (size_t i = 0; i < draft.steps.size(); ++i) {
    live.insert(draft.steps[i].output);
    most = std::max(most, live.size());
    for (const plan::Use& use : draft.steps[i].inputs) {
      if (last.at(use.value) == i) live.erase(use.value);
    }
  }
  return most;
}

plan::DraftStep step(plan::ValueId output, std::vector<plan::Use> inputs, int64_t elements) {
  return {.path = "",
          .label = "",
          .op = ops::Add{},
          .inputs = std::move(inputs),
          .output = output,
          .shape = Shape{elements},
          .epilogue = {},
          .explicit_padding = {}};
}
plan::Use use(plan::ValueId value) { return {value, Shape{}}; }

TEST(MemoryPlanner, AChainNeedsTwoBuffers) {
  Draft draft{.steps = {step(1, {use(0)}, 50), step(2, {use(1)}, 70), step(3, {use(2)}, 20)},
              .inputs = {{0, Shape{60}}},
              .output = use(3)};
  const MemoryPlan memory = plan::plan_memory(draft);
  EXPECT_EQ(memory.slot_elements, (std::vector<int64_t>{70, 50}));
  EXPECT_EQ(memory.slot_of_step, (std::vector<int>{1, 0, 1}));
  EXPECT_EQ(memory.output_slot, 1);
  expect_sound(draft);
}

TEST(MemoryPlanner, AValueStaysUntilItsLastReader) {
  Draft draft{.steps = {step(1, {use(0)}, 5), step(2, {use(1)}, 5), step(3, {use(2), use(0)}, 5),
                        step(4, {use(3), use(1)}, 5)},
              .inputs = {{0, Shape{5}}},
              .output = use(4)};
  const MemoryPlan memory = plan::plan_memory(draft);
  EXPECT_EQ(memory.slot_elements.size(), 4u);
  EXPECT_EQ(memory.slot_of_step, (std::vector<int>{1, 2, 3, 2}));
  expect_sound(draft);
}

// Given back twice, its buffer would be handed out to two values at once.
TEST(MemoryPlanner, AValueThatAStepReadsTwiceIsGivenBackOnce) {
  Draft draft{.steps = {step(1, {use(0), use(0)}, 5), step(2, {use(1)}, 5), step(3, {use(1)}, 5),
                        step(4, {use(2), use(3)}, 5)},
              .inputs = {{0, Shape{5}}},
              .output = use(4)};
  const MemoryPlan memory = plan::plan_memory(draft);
  EXPECT_NE(memory.slot_of_step[1], memory.slot_of_step[2]);
  expect_sound(draft);
}

TEST(MemoryPlanner, TheScoresStayWhateverIsComputedAfterThem) {
  Draft draft{
      .steps = {step(1, {use(0)}, 5), step(2, {use(1)}, 5), step(3, {use(2)}, 5), step(4, {use(3)}, 5)},
      .inputs = {{0, Shape{5}}},
      .output = use(1)};
  expect_sound(draft);
  draft.output = use(0);
  expect_sound(draft);
}

TEST(MemoryPlanner, TakesTheBufferThatFitsBest) {
  // Three are free when step 4 wants 40: the smallest that is large enough.
  Draft draft{.steps = {step(3, {use(0), use(1), use(2)}, 10), step(4, {use(3)}, 40)},
              .inputs = {{0, Shape{30}}, {1, Shape{100}}, {2, Shape{50}}},
              .output = use(4)};
  EXPECT_EQ(plan::plan_memory(draft).slot_of_step, (std::vector<int>{3, 2}));
  EXPECT_EQ(plan::plan_memory(draft).slot_elements, (std::vector<int64_t>{30, 100, 50, 10}));
  draft.steps[1].shape = Shape{50};  // just as large
  EXPECT_EQ(plan::plan_memory(draft).slot_of_step, (std::vector<int>{3, 2}));
  std::swap(draft.inputs[1].shape, draft.inputs[2].shape);  // found first
  EXPECT_EQ(plan::plan_memory(draft).slot_of_step, (std::vector<int>{3, 1}));
  std::swap(draft.inputs[1].shape, draft.inputs[2].shape);
  draft.steps[1].shape = Shape{200};  // none: the largest grows
  EXPECT_EQ(plan::plan_memory(draft).slot_of_step, (std::vector<int>{3, 1}));
  EXPECT_EQ(plan::plan_memory(draft).slot_elements, (std::vector<int64_t>{30, 200, 50, 10}));
}

TEST(MemoryPlanner, NoTwoLiveValuesShareMemoryInRandomNetworks) {
  for (uint64_t seed = 0; seed < 400; ++seed) {
    test::Dice dice(seed);
    const test::GrowingGraph g = test::random_graph(dice, 1);
    // Any node may be the scored one.
    Graph graph = g.graph;
    graph.outputs.push_back(static_cast<NodeId>(dice.from(0, g.last())));
    for (const int output : {0, 1}) {
      Draft draft = plan::draft_of(graph, output);
      expect_sound(draft);  // values that nobody reads among them
      plan::drop_unused(draft);
      plan::drop_copies(draft);
      for (const bool fused : {false, true}) {
        if (fused) {
          plan::fuse_padding(draft);
          plan::fuse_epilogues(draft);
        }
        expect_sound(draft);
        EXPECT_EQ(plan::plan_memory(draft).slot_elements.size(), most_at_once(draft));
      }
    }
    if (testing::Test::HasFailure()) FAIL() << "seed " << seed;
  }
}

}  // namespace
}  // namespace tf_injector::detail
