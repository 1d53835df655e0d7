// The layer that faults hit: what each fault makes of its own output channel, against the scalar reference.
#include "replay/faulted_channel_outputs.hpp"

#include "replay/prepared_network.hpp"

namespace tf_injector::detail {
namespace {

using replay::FaultBlock;
using replay::FaultedChannelOutputs;
using test::PreparedNetwork;

constexpr int64_t kSide = 5, kFilters = 6;

// One layer; half of the image's pixels are zero.
PreparedNetwork one_layer(std::mt19937& rng, const replay::Shortcuts& shortcuts) {
  return {test::convolutions(rng, kSide, {kFilters}),
          test::random_values(rng, kSide * kSide * 3, test::Values::sparse), shortcuts};
}

// Every output of every fault of the block: told as changed, or the golden run's.
void expect_outputs_of_evaluate(const PreparedNetwork& network, std::span<const Patch> patches) {
  const FaultBlock block(network.replay_plan, patches);
  FaultedChannelOutputs columns(network.replay_plan, network.golden);
  const std::vector<float> golden = network.evaluated(nullptr);
  std::vector<std::vector<float>> found(patches.size(), golden);
  int told = 0, differing = 0;
  for (const replay::Group& group : block.groups()) {
    for (const replay::Pack& pack : group.packs) {
      const replay::LayerFaults& hit = pack.hits.front();
      columns.compute(hit, network.replay_plan.steps().front(), network.context);
      for (int64_t p = 0; p < kSide * kSide; ++p) {
        columns.at(p, [&](int32_t h, float value) {
          const uint32_t fault = pack.faults[static_cast<size_t>(hit.lane[static_cast<size_t>(h)])].value;
          found[fault][static_cast<size_t>(p * kFilters + hit.channel[static_cast<size_t>(h)])] = value;
          ++told;
        });
      }
    }
  }
  for (size_t f = 0; f < patches.size(); ++f) {
    const std::vector<float> expected = network.evaluated(&patches[f]);
    EXPECT_TRUE(test::same_bits(expected, found[f])) << "fault " << f;
    for (size_t i = 0; i < expected.size(); ++i)
      differing += float_bits(expected[i]) != float_bits(golden[i]) ? 1 : 0;
  }
  const replay::Shortcuts& shortcuts = network.replay_plan.shortcuts();
  if (shortcuts.early_end) {
    EXPECT_EQ(told, differing) << "told though it is as without a fault";
  } else if (!shortcuts.zero_inputs) {
    EXPECT_EQ(told, static_cast<int>(patches.size()) * kSide * kSide) << "equal outputs are told as well";
  }
}

TEST(FaultedChannelOutputs, AreTheFaultedChannelOfEveryFault) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(111);
  for (const replay::Shortcuts& shortcuts : {replay::Shortcuts{},
                                             {.channel = false},
                                             {.zero_inputs = false},
                                             {.early_end = false},
                                             {.early_end = false, .zero_inputs = false}}) {
    const PreparedNetwork network = one_layer(rng, shortcuts);
    for (const int faults : {1, 3, 7, 8, 100}) {  // a few are computed at some positions only
      std::vector<Patch> patches;
      for (int i = 0; i < faults; ++i) patches.push_back(test::random_fault(rng, network.graph, {0}));
      expect_outputs_of_evaluate(network, patches);
    }
  }
}

// 0 * Inf is NaN, and 0 * -w is -0: such faults show where their input is zero, too.
TEST(FaultedChannelOutputs, OfInfinityNanAndASignAreComputedEverywhere) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(112);
  const PreparedNetwork network = one_layer(rng, {});
  for (const float value : {HUGE_VALF, -HUGE_VALF, std::nanf("")})
    expect_outputs_of_evaluate(network, std::vector<Patch>{test::patch_of(network.graph, 0, 9, value)});
  Patch sign = test::patch_of(network.graph, 0, 9, 0.0f);
  sign.new_bits = sign.old_bits ^ 0x80000000u;
  expect_outputs_of_evaluate(network, std::vector<Patch>{sign});
}

TEST(FaultedChannelOutputs, AreNotComputedWhereTheFaultedWeightMeetsZero) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(113);
  std::vector<float> image(kSide * kSide * 3, 0.0f);
  image[(2 * kSide + 2) * 3 + 1] = 1.0f;  // channel 1 of the pixel in the middle
  const PreparedNetwork network(test::convolutions(rng, kSide, {kFilters}), image);
  const int64_t middle_tap = 4, channel = 1;
  const std::vector<Patch> patches = {
      test::patch_of(network.graph, 0, (middle_tap * 3 + channel) * kFilters, 1e20f),
      test::patch_of(network.graph, 0, (middle_tap * 3 + channel + 1) * kFilters + 3, 1e20f)};
  for (Patch patch : patches) {
    patch.new_bits |= patch.old_bits & 0x80000000u;  // the same sign
    const FaultBlock block(network.replay_plan, std::span<const Patch>(&patch, 1));
    FaultedChannelOutputs columns(network.replay_plan, network.golden);
    columns.compute(block.groups()[0].packs[0].hits[0], network.replay_plan.steps().front(), network.context);
    const bool meets_one = patch.element == patches[0].element;
    EXPECT_EQ(columns.counters().column_positions_skipped, kSide * kSide - (meets_one ? 1 : 0));
  }
  expect_outputs_of_evaluate(network, patches);
}

}  // namespace
}  // namespace tf_injector::detail
