// Every shortcut of replay is taken where it can be, and is not where it is switched off.
#include "replay/counters.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "replay/replay.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::Counters;
using replay::Shortcuts;

struct Case {
  Graph graph;
  std::vector<Patch> patches;
  std::vector<float> image;
};

// Convolutions whose ReLU clips nearly all that they make, three channels of four wholly: many faults soon
// are the golden run's again.
struct SparseNetwork : test::RandomGraph {
  explicit SparseNetwork(std::mt19937& random) : RandomGraph{random, {}, {}} {
    constexpr int64_t kSide = 9, kChannels = 24;
    NodeId h = graph.add_input("in", "in", {kSide, kSide, 3});
    for (int64_t layer = 0, cin = 3; layer < 4; ++layer, cin = kChannels) {
      ops::Conv2D op{.kernel_size = {3, 3}, .filters = kChannels, .padding = ops::Padding::same};
      op.kernel = faultable(weight({3, 3, cin, kChannels}, 0.3f));
      op.bias = weight({kChannels}, 0.1f);
      for (size_t c = 0; c < kChannels; ++c) graph.weights.back().values[c] -= c % 4 == 0 ? 1.0f : 30.0f;
      h = relu(graph.add("conv", op, {h}));
    }
    h = graph.add("pad", ops::Pad{{{{1, 0}}, {{0, 1}}, {{0, 0}}}, 0.0f}, {h});
    h = graph.add("mean", ops::GlobalAveragePool{}, {h});
    h = graph.add("scores", ops::Dense{faultable(weight({kChannels, 5}, 0.3f)), kNoWeight, 5}, {h});
    graph.outputs = {h};
    graph.output_names = {"scores"};
  }
};

// Three faults of four flip a bit of the mantissa.
Case sparse_case(int faults) {
  std::mt19937 rng(61);
  SparseNetwork network(rng);
  Case made{.graph = std::move(network.graph), .patches = {}, .image = {}};
  for (int i = 0; i < faults; ++i) {
    Patch patch = test::random_fault(rng, made.graph, network.kernels);
    if (i % 4 != 0) patch.new_bits = patch.old_bits ^ (1u << (rng() % 23));
    made.patches.push_back(patch);
  }
  made.image = test::random_values(rng, made.graph.nodes.front().shape.elements(), test::Values::ordinary);
  return made;
}

Counters counters_of(const Case& of, KernelSet set, const Shortcuts& shortcuts = {}) {
  const Plan plan = Plan::compile(of.graph, {.kernels = set});
  const replay::ReplayPlan replay_plan(plan, shortcuts);
  const replay::FaultBlock block(replay_plan, of.patches);
  replay::ReplayWorkspace workspace(replay_plan);
  std::vector<float> golden(static_cast<size_t>(plan.classes()));
  const std::span<const float> inputs[] = {of.image};
  workspace.run_golden(inputs, {.batch = 512}, golden);
  for (const replay::Group& group : block.groups())
    workspace.run_group(group, [](BlockIndex, std::span<const float>) {});
  return workspace.counters();
}

// Runs test(set) for every instruction set that replay has lanes for.
template <class Test>
void for_each_set(Test test) {
  for (const KernelSet set : available_kernel_sets()) {
    if (set == KernelSet::scalar) continue;  // the reference has no lanes
    SCOPED_TRACE(kernel_set_name(set));
    test(set);
  }
}

struct Trace {
  bool Shortcuts::*shortcut;
  int64_t Counters::*count;
};
// What each shortcut leaves behind.
constexpr std::array kTraces = {
    Trace{&Shortcuts::prefix, &Counters::prefix_faults},
    Trace{&Shortcuts::channel, &Counters::columns},
    Trace{&Shortcuts::reach, &Counters::positions_unreached},
    Trace{&Shortcuts::early_end, &Counters::equal_lanes},
    Trace{&Shortcuts::zero_inputs, &Counters::zero_inputs},
    Trace{&Shortcuts::zero_inputs, &Counters::column_positions_skipped},
    Trace{&Shortcuts::clipped_outputs, &Counters::clipped_outputs},
    Trace{&Shortcuts::batch, &Counters::batched_faults},
    Trace{&Shortcuts::repack, &Counters::packs_saved},
    Trace{&Shortcuts::alone, &Counters::alone_faults},
};

const char* name_of(int64_t Counters::*count) {
  for (const replay::Counter& counter : replay::kCounters) {
    if (counter.count == count) return counter.name;
  }
  return "?";
}
const char* name_of(bool Shortcuts::*shortcut) {
  for (const replay::Shortcut& other : replay::kShortcuts) {
    if (other.is_on == shortcut) return other.name;
  }
  return "?";
}

TEST(ReplayCounters, EveryShortcutIsTakenUnlessItIsSwitchedOff) {
  const Case of = sparse_case(600);
  for_each_set([&](KernelSet set) {
    const Counters with = counters_of(of, set);
    for (const Trace& trace : kTraces) {
      EXPECT_GT(with.*trace.count, 0) << name_of(trace.count);
      Shortcuts others;
      others.*trace.shortcut = false;
      EXPECT_EQ(counters_of(of, set, others).*trace.count, 0)
          << name_of(trace.count) << " without " << name_of(trace.shortcut);
    }
    EXPECT_EQ(with.prefix_faults, 600);
    EXPECT_EQ(with.columns, 600);
    EXPECT_GT(with.ended_packs, 0);
    if (set != KernelSet::neon) {  // whose packs have so few lanes that faults run alone instead
      EXPECT_GT(with.single_lanes, 0);
      EXPECT_GT(with.copied_pixels, 0);
    }
    EXPECT_EQ(with.negative_zeros, 0) << "no sum of ordinary numbers is flushed";
    EXPECT_EQ(with.whole_runs, 0) << "all of its steps have a form for a pack";
  });
}

// Across the lanes: nothing of it comes from faults that run alone.
TEST(ReplayCounters, LanesTakeTheirShortcutsToo) {
  const Case of = sparse_case(600);
  Shortcuts lanes;
  lanes.alone = false;
  for_each_set([&](KernelSet set) {
    const Counters counters = counters_of(of, set, lanes);
    for (const Trace& trace : kTraces)
      EXPECT_EQ(counters.*trace.count > 0, trace.shortcut != &Shortcuts::alone) << name_of(trace.count);
    EXPECT_EQ(counters.negative_zeros, 0);
  });
}

TEST(ReplayCounters, FewFaultsRunAloneAndTakeTheirShortcutsToo) {
  const Case of = sparse_case(8);
  for_each_set([&](KernelSet set) {
    const Counters counters = counters_of(of, set);
    EXPECT_GE(counters.alone_faults, 8);
    EXPECT_EQ(counters.zero_inputs + counters.clipped_outputs, 0) << "nothing lies across the lanes";
    EXPECT_GT(counters.positions_unreached, 0);
    EXPECT_GT(counters.equal_lanes, 0);
  });
}

TEST(ReplayCounters, EveryShortcutIsCounted) {
  for (const replay::Shortcut& shortcut : replay::kShortcuts) {
    const auto is_its = [&](const Trace& trace) { return trace.shortcut == shortcut.is_on; };
    EXPECT_TRUE(std::any_of(kTraces.begin(), kTraces.end(), is_its)) << shortcut.name;
  }
}

TEST(ReplayCounters, AWeightOfTwoLayersIsRunWhole) {
  std::mt19937 rng(62);
  const test::OddNetwork network(rng, false);  // its kernel 1 is that of two convolutions
  Case of{.graph = network.graph, .patches = {}, .image = {}};
  for (int i = 0; i < 5; ++i) of.patches.push_back(test::random_fault(rng, of.graph, {network.kernels[1]}));
  of.image = test::random_values(rng, of.graph.nodes.front().shape.elements(), test::Values::ordinary);
  for_each_set([&](KernelSet set) { EXPECT_GE(counters_of(of, set).whole_runs, 2 * 5); });
}

// A fault changes one channel of one position. Transposed to (channels, height, width), of the pixels that
// hold something of this position, one per channel, all but one are the golden run's; the others are not
// looked at.
TEST(ReplayCounters, ElementsAreMovedOnlyWhereTheirSourcesChange) {
  constexpr int64_t kSide = 4, kChannels = 3;
  std::mt19937 rng(63);
  test::RandomGraph network{rng, {}, {}};
  const NodeId in = network.graph.add_input("in", "in", {kSide, kSide, 1});
  ops::Conv2D conv{.kernel_size = {1, 1}, .filters = kChannels, .padding = ops::Padding::valid};
  conv.kernel = network.weight({1, 1, 1, kChannels}, 1.0f);
  NodeId h = network.graph.add("conv", conv, {in});
  h = network.graph.add("transpose", ops::Transpose{{2, 0, 1}}, {h});
  network.graph.outputs = {network.graph.add("flat", ops::Reshape{Shape{kChannels * kSide * kSide}}, {h})};
  network.graph.output_names = {"flat"};
  Case of{.graph = network.graph, .patches = {}, .image = std::vector<float>(kSide * kSide)};
  of.image[6] = 1.0f;
  const uint32_t bits = float_bits(of.graph.weights[0].values[1]);
  of.patches = {{.weight = 0, .element = 1, .old_bits = bits, .new_bits = bits ^ (1u << 22)}};
  for_each_set(
      [&](KernelSet set) { EXPECT_EQ(counters_of(of, set, {.alone = false}).equal_lanes, kChannels - 1); });
}

// y = (w, 0), then z0 = y0 * -0.5 + y1 * 1: -w / 2 is flushed to -0, and -0 + 0 is +0. With the zero left out
// the sum ends in -0 and is done again.
TEST(ReplayCounters, ASumThatEndsInNegativeZeroIsDoneAgain) {
  const float smallest = 0x1p-126f;
  Case of;
  of.graph.weights = {{"first", {1, 2}, {1.5f * smallest, 0.0f}},
                      {"second", {2, 2}, {-0.5f, 1.0f, 1.0f, 1.0f}}};
  const NodeId in = of.graph.add_input("in", "in", {1});
  const NodeId y = of.graph.add("first", ops::Dense{0, kNoWeight, 2}, {in});
  of.graph.outputs = {of.graph.add("second", ops::Dense{1, kNoWeight, 2}, {y})};
  of.graph.output_names = {"second"};
  const uint32_t bits = float_bits(1.5f * smallest);
  of.patches = {{.weight = 0, .element = 0, .old_bits = bits, .new_bits = bits ^ 1u}};
  of.image = {1.0f};
  Shortcuts lanes;
  lanes.alone = false;
  for_each_set([&](KernelSet set) {
    EXPECT_EQ(counters_of(of, set, lanes).zero_inputs, 1);
    EXPECT_EQ(counters_of(of, set, lanes).negative_zeros, 1);
    lanes.zero_inputs = false;
    EXPECT_EQ(counters_of(of, set, lanes).negative_zeros, 0);
    lanes.zero_inputs = true;
  });
}

// y = (-1.5 w, w, 0), and their mean: -w / 2 is flushed to -0, and -0 + 0 is +0. The first lane's sum alone,
// the others' are not so small; they fill their vectors.
TEST(ReplayCounters, AMeanThatEndsInNegativeZeroIsDoneAgain) {
  const uint32_t smallest = float_bits(0x1p-126f);
  Case of;
  of.graph.weights = {{"kernel", {1, 1, 1, 1}, {bits_float(smallest)}}};
  const NodeId in = of.graph.add_input("in", "in", {1, 3, 1});
  const ops::Conv2D op{.kernel = 0, .kernel_size = {1, 1}, .filters = 1};
  const ops::AveragePool2D average{.pool_size = {1, 3}, .strides = {1, 3}};
  of.graph.outputs = {of.graph.add("mean", average, {of.graph.add("conv", op, {in})})};
  of.graph.output_names = {"mean"};
  of.patches.assign(64, {.weight = 0, .element = 0, .old_bits = smallest, .new_bits = float_bits(0x1p-120f)});
  of.patches[0].new_bits = smallest ^ 1u;
  of.image = {-1.5f, 1.0f, 0.0f};
  Shortcuts lanes;
  lanes.alone = false;
  for_each_set([&](KernelSet set) { EXPECT_EQ(counters_of(of, set, lanes).negative_zeros, 1); });
}

}  // namespace
}  // namespace tf_injector::detail
