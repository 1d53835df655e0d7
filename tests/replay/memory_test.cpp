// What replay allocates stays within what its plan says: counted by the allocation functions of this program.
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>

#include "replay/prepared_network.hpp"
#include "replay/replay.hpp"
#include "support/counted_allocations.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::PackSize;
using replay::ReplayPlan;
using replay::ReplayWorkspace;
using test::most_while;
using test::PreparedNetwork;

struct Case {
  Graph graph;
  std::vector<Patch> patches;
  std::vector<std::vector<float>> images;

  Case(std::mt19937& rng, Graph network, const std::vector<size_t>& kernels, int faults)
      : graph(std::move(network)) {
    for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, graph, kernels));
    const int64_t elements = graph.nodes.front().shape.elements();
    for (int i = 0; i < 3; ++i) images.push_back(test::random_values(rng, elements, test::Values::ordinary));
  }
  static Case residual(std::mt19937& rng, const test::NetworkOptions& options, int faults) {
    test::NetworkBuilder builder(rng, options);
    Graph graph = builder.build();
    return {rng, std::move(graph), builder.kernels, faults};
  }
};

void replay_all(const ReplayPlan& plan, const FaultBlock& block, const Case& of) {
  ReplayWorkspace workspace(plan);
  std::vector<float> golden(static_cast<size_t>(plan.plan().classes()));
  for (const std::vector<float>& image : of.images) {
    const std::span<const float> inputs[] = {image};
    workspace.run_golden(inputs, {.batch = 512}, golden);
    for (const replay::Group& group : block.groups())
      workspace.run_group(group, [](BlockIndex, std::span<const float>) {});
  }
}

// Several groups of packs: what comes after them takes no more.
std::span<const Patch> enough_for(PackSize size, std::span<const Patch> patches) {
  const size_t groups = 4 * static_cast<size_t>(size.lanes) * size.packs;
  return patches.first(std::min(patches.size(), std::max<size_t>(groups, 40)));
}

// In packs of every size.
void expect_stated_memory(const Case& of) {
  const Plan plan = Plan::compile(of.graph, {});
  for (const PackSize size : ReplayPlan(plan).pack_sizes()) {
    SCOPED_TRACE(std::to_string(size.lanes) + " lanes, " + std::to_string(size.packs) + " packs");
    std::optional<ReplayPlan> replay_plan;
    const size_t plan_bytes = most_while([&] { replay_plan.emplace(plan, replay::Shortcuts{}, size); });
    EXPECT_LE(plan_bytes, replay_plan->bytes());
    const std::span<const Patch> patches = enough_for(size, of.patches);
    std::optional<FaultBlock> block;
    const size_t block_bytes = most_while([&] { block.emplace(*replay_plan, patches); });
    EXPECT_LE(block_bytes, patches.size() * replay_plan->bytes_per_fault(patches));
    const size_t most = most_while([&] { replay_all(*replay_plan, *block, of); });
    EXPECT_LE(most, replay_plan->workspace_bytes(size));
    EXPECT_GE(8 * most + (2 << 20), replay_plan->workspace_bytes(size)) << "it says far too much";
  }
}

TEST(ReplayMemory, StaysWithinWhatThePlanSays) {
  if (available_kernel_sets().front() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(21);
  for (int round = 0; round < 6; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    expect_stated_memory(Case::residual(rng,
                                        {.side = 6 + 3 * round,
                                         .channels = 5 + 9 * round,
                                         .blocks = 2 + round % 3,
                                         .bias = round % 2 == 0,
                                         .projection = round % 2 == 1},
                                        round == 5 ? 400 : 150));
  }
  for (const bool infinite : {false, true}) {
    const test::OddNetwork odd(rng, infinite);
    expect_stated_memory({rng, odd.graph, odd.kernels, 300});
    const test::ChannelNetwork channels(rng, infinite);
    expect_stated_memory({rng, channels.graph, channels.kernels, 300});
  }
}

// Every lane comes to every pixel, one after the other: what pixels leave behind does not add up.
TEST(ReplayMemory, PixelsThatAreWrittenAnewStayWithinTheirBuffer) {
  std::mt19937 rng(23);
  const Case of = Case::residual(rng, {.side = 9, .channels = 21}, 1);
  const Plan plan = Plan::compile(of.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const ReplayPlan replay_plan(plan);
  replay::GoldenActivations golden(replay_plan);
  const std::span<const float> inputs[] = {of.images[0]};
  golden.run(inputs, {.batch = 512});
  replay::PackedActivations values(replay_plan, golden);
  const int value = 1, lanes = replay_plan.pack_size().lanes;
  const replay::ValueInfo& info = replay_plan.values()[value];
  values.reset(lanes);
  values.begin(value);
  const auto number = [&](int lane, int64_t p, int64_t c) {
    return static_cast<float>(1 + lane + 100 * p) + static_cast<float>(c) / 64;
  };
  std::vector<replay::LaneChange> changes;
  for (int lane = 0; lane < lanes; ++lane) {
    for (int64_t p = 0; p < info.positions; ++p) {
      changes.clear();
      for (int32_t c = 0; c < info.channels; ++c) changes.push_back({c, lane, number(lane, p, c)});
      values.merge(value, p, changes);
    }
  }
  std::vector<float> pixel(static_cast<size_t>(info.channels));
  for (int64_t p = 0; p < info.positions; ++p) {
    ASSERT_EQ(std::popcount(values.changed_lanes(value, p)), lanes);
    for (int lane = 0; lane < lanes; ++lane) {
      values.read(value, p, lane, pixel.data());
      for (int64_t c = 0; c < info.channels; ++c)
        ASSERT_EQ(pixel[static_cast<size_t>(c)], number(lane, p, c)) << p << ' ' << lane << ' ' << c;
    }
  }
  const replay::SparsePixelBuffer buffer = values.exchange(value, values.make_buffer(value));
  EXPECT_GE(static_cast<int64_t>(buffer.values.size()), info.positions * info.channels * lanes);
  EXPECT_LE(static_cast<int64_t>(buffer.values.size()), buffer.most.values);
  EXPECT_LE(static_cast<int64_t>(buffer.channels.size()), buffer.most.channels);
}

// As large as it may become.
replay::SparsePixelBuffer grown(replay::SparsePixelBuffer buffer) {
  buffer.begin(buffer.owner, 0);
  buffer.reserve(buffer.most.values, buffer.most.channels - replay::simd::kMaxWidth);
  return buffer;
}

// One value for each buffer of the memory plan.
std::vector<int> values_of_slots(const ReplayPlan& plan) {
  std::vector<int> values(plan.sizes().slots.size(), -1);
  for (size_t v = 0; v < plan.values().size(); ++v)
    values[static_cast<size_t>(plan.values()[v].slot)] = static_cast<int>(v);
  return values;
}

// Values of one slot after the other ask for all the buffers that may be outside at a time. Spare buffers of
// other slots must make room for them.
TEST(ReplayMemory, CarriedBuffersStayWithinTheirBound) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(24);
  for (const PackSize size : {PackSize{8, 1}, PackSize{8, 3}}) {
    const Case of = Case::residual(rng, {.side = 7, .channels = 10, .blocks = 3, .projection = true}, 1);
    const PreparedNetwork network(of.graph, of.images[0], {}, size);
    const std::vector<int> values = values_of_slots(network.replay_plan);
    ASSERT_GE(values.size(), 3U);
    const replay::PackedActivations activations(network.replay_plan, network.golden);
    replay::Repacker repacker(network.replay_plan, network.golden, activations);
    const size_t most = most_while([&] {
      for (int round = 0; round < 3; ++round) {
        for (const int value : values) {
          std::vector<replay::SparsePixelBuffer> taken;
          for (int64_t i = 0; i < size.buffers(); ++i) taken.push_back(grown(repacker.take(value)));
          for (replay::SparsePixelBuffer& buffer : taken) repacker.give_back(value, std::move(buffer));
        }
      }
    });
    size_t moved = 0;  // the new place of one that grows
    for (const replay::SlotSizes& slot : network.replay_plan.sizes().slots)
      moved = std::max(moved, replay::pixel_buffer_bytes(slot));
    constexpr size_t kLists = 1 << 14;  // of buffers
    EXPECT_LE(most, replay::most_outside_bytes(network.replay_plan.sizes()) + moved + kLists);
  }
}

// The workspace of a pack more has room for what is carried of it: its pixels and the list of its faults.
TEST(ReplayMemory, CountsWhatIsCarriedOfEveryPack) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(25);
  const Case of = Case::residual(rng, {.side = 4, .channels = 2}, 1);
  const Plan plan = Plan::compile(of.graph, {});
  const int32_t width = ReplayPlan(plan).table().width();
  const PackSize few{width, 2}, more{width, 3};
  const ReplayPlan replay_plan(plan, {}, more);
  const auto& slots = replay_plan.sizes().slots;
  const auto largest = std::max_element(slots.begin(), slots.end(), [](const auto& a, const auto& b) {
    return replay::pixel_buffer_bytes(a) < replay::pixel_buffer_bytes(b);
  });
  std::vector<replay::CarriedPack> packs;
  const size_t carried = most_while([&] {
    packs.reserve(static_cast<size_t>(more.buffers() - few.buffers()));
    while (packs.size() < packs.capacity()) {
      replay::SparsePixelBuffer buffer;
      buffer.become(*largest);
      packs.push_back({.faults = std::vector<BlockIndex>(static_cast<size_t>(width)),
                       .pending = {},
                       .buffer = grown(std::move(buffer))});
    }
  });
  EXPECT_GE(replay_plan.workspace_bytes(more) - replay_plan.workspace_bytes(few), carried);
}

struct Executors {
  replay::PackedActivations values;
  replay::FaultedChannelOutputs faulted_outputs;
  replay::PackExecutor together;
  replay::PerFaultExecutor alone;

  explicit Executors(const PreparedNetwork& network)
      : values(network.replay_plan, network.golden),
        faulted_outputs(network.replay_plan, network.golden),
        together(network.replay_plan, network.golden, values, faulted_outputs),
        alone(network.replay_plan, network.golden, values, faulted_outputs) {
    for (const int value : values_of_slots(network.replay_plan)) {
      replay::SparsePixelBuffer buffer = values.make_buffer(value);
      for (int64_t* most : {&buffer.most.values, &buffer.most.channels}) *most *= 8;  // no pixel is moved
      (void)values.exchange(value, grown(std::move(buffer)));
    }
  }
};

// Runs every step for every pack; where a pack hits linear steps only, some of its faults alone, too. Pixels
// have all the room that they might take: nothing else grows.
void expect_no_allocation(const Case& of, const replay::Shortcuts& shortcuts) {
  const PreparedNetwork network(of.graph, of.images[0], shortcuts);
  const ReplayPlan& plan = network.replay_plan;
  const FaultBlock block(plan, of.patches);
  for (const replay::Group& group : block.groups()) {
    for (const std::vector<replay::Pack>* packs : {&group.packs, &group.multi_layer_packs}) {
      for (const replay::Pack& pack : *packs) {
        Executors executors(network);
        const auto lanes = static_cast<int32_t>(pack.faults.size());
        EXPECT_EQ(test::allocations_while([&] {
                    executors.values.reset(lanes);
                    executors.together.run(0, plan.steps().size(), pack.hits, network.context);
                  }),
                  0)
            << lanes << " lanes together";
        if (std::any_of(pack.hits.begin(), pack.hits.end(),
                        [](const replay::LayerFaults& hit) { return hit.lane.empty(); }))
          continue;
        EXPECT_EQ(test::allocations_while([&] {
                    executors.values.reset(lanes);
                    executors.alone.run(0, plan.steps().size(), pack.hits,
                                        executors.values.all_lanes() & 0b1111, -1, plan.output(),
                                        network.context);
                  }),
                  0)
            << "alone";
      }
    }
  }
}

// Networks none of whose steps runs a reference kernel that makes scratch of its own.
TEST(ReplayMemory, RunAllocatesNothing) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(26);
  std::vector<Case> cases;
  for (const bool flag : {false, true}) {
    cases.push_back(
        Case::residual(rng, {.side = 6, .channels = 9, .projection = true, .average_pool = flag}, 100));
    const test::ChannelNetwork channels(rng, flag);
    cases.push_back({rng, channels.graph, channels.kernels, 100});
    const test::GateNetwork gates(rng, flag);
    cases.push_back({rng, gates.graph, gates.kernels, 100});
  }
  for (size_t i = 0; i < cases.size(); ++i) {
    for (const replay::Shortcuts& shortcuts : {replay::Shortcuts{},
                                               {.channel = false},
                                               {.reach = false},
                                               {.early_end = false},
                                               {.zero_inputs = false}}) {
      SCOPED_TRACE("network " + std::to_string(i));
      expect_no_allocation(cases[i], shortcuts);
    }
  }
}

TEST(ReplayMemory, SmallerPacksTakeLess) {
  std::mt19937 rng(22);
  const Case of = Case::residual(rng, {.side = 16, .channels = 32}, 1);
  const Plan plan = Plan::compile(of.graph, {});
  if (plan.kernels() == KernelSet::scalar) GTEST_SKIP() << "the reference has no lanes";
  const ReplayPlan replay_plan(plan);
  const std::vector<PackSize> sizes = replay_plan.pack_sizes();
  ASSERT_GT(sizes.size(), 3U);
  EXPECT_EQ(sizes.back().lanes, 1);
  for (size_t i = 1; i < sizes.size(); ++i)
    EXPECT_LE(replay_plan.workspace_bytes(sizes[i]), replay_plan.workspace_bytes(sizes[i - 1]));
}

}  // namespace
}  // namespace tf_injector::detail
