// Faults that run alone: the values that they leave are those of the scalar reference, from any step on.
#include "replay/per_fault_executor.hpp"

#include <bit>

#include "replay/prepared_network.hpp"
#include "support/odd_networks.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::FaultedChannelOutputs;
using replay::LaneMask;
using replay::Pack;
using replay::PackedActivations;
using replay::PerFaultExecutor;
using test::PreparedNetwork;

struct Workers {
  FaultedChannelOutputs faulted_channel_outputs;
  PackedActivations values;
  PerFaultExecutor alone;

  explicit Workers(const PreparedNetwork& network)
      : faulted_channel_outputs(network.replay_plan, network.golden),
        values(network.replay_plan, network.golden),
        alone(network.replay_plan, network.golden, values, faulted_channel_outputs) {}

  [[nodiscard]] std::vector<float> value_of(const PreparedNetwork& network, int value, int lane) const {
    const replay::ValueInfo& info = network.info(value);
    std::vector<float> dense(static_cast<size_t>(info.elements()));
    for (int64_t p = 0; p < info.positions; ++p)
      values.read(value, p, lane, dense.data() + p * info.channels);
    return dense;
  }
};

// The network's output for these lanes of the pack; the other lanes are the golden run's. A lane is changed
// where it differs.
void expect_outputs(const PreparedNetwork& network, const Workers& workers, const Pack& pack,
                    std::span<const Patch> patches, LaneMask lanes) {
  const int output = network.replay_plan.output();
  const std::vector<float> golden = network.evaluated(nullptr);
  for (size_t lane = 0; lane < pack.faults.size(); ++lane) {
    const bool runs = (lanes >> lane & 1) != 0;
    const std::vector<float> expected = runs ? network.evaluated(&patches[pack.faults[lane].value]) : golden;
    EXPECT_TRUE(test::same_bits(expected, workers.value_of(network, output, static_cast<int>(lane))));
    EXPECT_EQ((workers.values.changed_lanes(output) >> lane & 1) != 0, !test::same_bits(expected, golden))
        << "lane " << lane;
  }
}

// The first pack of these faults that hits only linear steps; no more than may run alone.
const Pack& first_pack(const FaultBlock& block) { return block.groups().front().packs.front(); }

TEST(PerFaultExecutor, LeaveTheOutputsOfTheReference) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(121);
  int differing = 0;
  for (int round = 0; round < 12; ++round) {
    test::NetworkBuilder builder(rng,
                                 {.side = 7, .channels = 5, .blocks = 2, .average_pool = round % 2 == 0});
    const Graph graph = builder.build();
    const PreparedNetwork network(graph, test::random_values(rng, 7 * 7 * 3, test::Values::ordinary),
                                  {.reach = round % 3 != 0, .early_end = round % 4 != 0});
    std::vector<Patch> patches;
    for (int i = 0; i < 8; ++i) patches.push_back(test::random_fault(rng, graph, builder.kernels));
    const FaultBlock block(network.replay_plan, patches);
    const Pack& pack = first_pack(block);
    Workers workers(network);
    workers.values.reset(static_cast<int32_t>(pack.faults.size()));
    const LaneMask lanes = round % 2 == 0 ? workers.values.all_lanes() : workers.values.all_lanes() & 0b0110;
    workers.alone.run(0, network.replay_plan.steps().size(), pack.hits, lanes, -1,
                      network.replay_plan.output(), network.context);
    if (network.replay_plan.shortcuts().early_end) expect_outputs(network, workers, pack, patches, lanes);
    differing += std::popcount(workers.values.changed_lanes(network.replay_plan.output()));
    EXPECT_EQ(workers.alone.counters().alone_faults, std::popcount(lanes));
  }
  EXPECT_GT(differing, 20);
}

// Segment by segment: what one run has left in the pack's values, the next begins with.
TEST(PerFaultExecutor, GoOnWithWhatIsInThePack) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(122);
  const PreparedNetwork network(test::convolutions(rng, 6, {5, 9, 4}),
                                test::random_values(rng, 6 * 6 * 3, test::Values::ordinary));
  std::vector<Patch> patches;
  for (int i = 0; i < 10; ++i) patches.push_back(test::random_fault(rng, network.graph, {0, 1, 2}));
  const FaultBlock block(network.replay_plan, patches);
  const Pack& pack = first_pack(block);
  Workers workers(network);
  workers.values.reset(static_cast<int32_t>(pack.faults.size()));
  int from = -1;
  for (const replay::Segment& segment : network.replay_plan.segments()) {
    workers.alone.run(segment.first, segment.end, pack.hits, workers.values.all_lanes(), from, segment.value,
                      network.context);
    from = segment.value;
  }
  expect_outputs(network, workers, pack, patches, workers.values.all_lanes());
}

// A fault of one pixel: the layer behind it is computed at nine positions.
TEST(PerFaultExecutor, ComputeOnlyWhatTheFaultReaches) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(123);
  constexpr int64_t kSide = 9;
  std::vector<float> image(kSide * kSide * 3, 0.0f);
  image[(4 * kSide + 4) * 3] = 1.0f;  // in the middle
  const PreparedNetwork network(test::convolutions(rng, kSide, {1, 4}), image);
  const Patch patch = test::patch_of(network.graph, 0, 4 * 3, 5.0f);  // the tap in the middle, channel 0
  const FaultBlock block(network.replay_plan, std::span<const Patch>(&patch, 1));
  Workers workers(network);
  workers.values.reset(1);
  workers.alone.run(0, 2, first_pack(block).hits, 1, -1, network.replay_plan.output(), network.context);
  EXPECT_EQ(workers.alone.counters().positions_unreached, kSide * kSide - 9);
  expect_outputs(network, workers, first_pack(block), {&patch, 1}, 1);
}

}  // namespace
}  // namespace tf_injector::detail
