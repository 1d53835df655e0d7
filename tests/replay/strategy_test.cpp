// How far a pack runs in one go, and whether fault by fault: limits of segments, layers that come, switches.
#include "replay/strategy.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

using replay::LayerFaults;
using replay::PackState;
using replay::Segment;
using replay::Strategy;

// Segments of two steps each.
std::vector<Segment> segments(std::initializer_list<int> limits) {
  std::vector<Segment> made;
  for (const int limit : limits)
    made.push_back({2 * made.size(), 2 * made.size() + 2, static_cast<int>(made.size()), limit});
  return made;
}

LayerFaults hit(size_t step, std::vector<int32_t> lanes) {
  LayerFaults faults;
  faults.step = step;
  faults.lane = std::move(lanes);
  return faults;
}

Strategy choose(const std::vector<Segment>& of, size_t segment, const PackState& pack, bool may = true) {
  return replay::choose_strategy(of, segment, pack, may);
}

void expect(const Strategy& chosen, bool is_per_fault, uint64_t lanes, size_t end, size_t layers) {
  EXPECT_EQ(chosen.is_per_fault, is_per_fault);
  if (is_per_fault) {
    EXPECT_EQ(chosen.lanes, lanes);
  }
  EXPECT_EQ(chosen.end, end);
  EXPECT_EQ(chosen.layers, layers);
}

TEST(Strategy, FewChangedLanesRunFaultByFaultToTheEnd) {
  expect(choose(segments({1, 2, 2, 3}), 1, {.changed_lanes = 0b1010}), true, 0b1010, 4, 0);
}

TEST(Strategy, ManyRunAsAPackThroughOneSegment) {
  expect(choose(segments({3, 3, 3}), 1, {.changed_lanes = 0b1111}), false, 0, 2, 0);
}

TEST(Strategy, StopsInFrontOfASegmentWithALowerLimit) {
  expect(choose(segments({3, 2, 1, 3}), 0, {.changed_lanes = 0b11}), true, 0b11, 2, 0);
}

TEST(Strategy, LanesThatAreHitOnTheWayCountFromTheirSegmentOn) {
  std::vector<LayerFaults> pending;
  pending.push_back(hit(1, {0}));     // segment 0
  pending.push_back(hit(4, {1, 0}));  // segment 2: lane 0 for the second time
  pending.push_back(hit(7, {2}));     // segment 3
  const std::vector<Segment> of = segments({2, 2, 2, 2, 2});
  expect(choose(of, 0, {.pending = pending}), true, 0b11, 3, 2);
  expect(choose(of, 3, {.changed_lanes = 0b11, .pending = std::span(pending).subspan(2)}), false, 0, 4, 1);
}

TEST(Strategy, AsAPackItRunsTheLayersOfItsSegmentOnly) {
  std::vector<LayerFaults> pending;
  for (const size_t step : {0u, 1u, 2u}) pending.push_back(hit(step, {0, 1, 2, 3}));
  expect(choose(segments({1, 1}), 0, {.pending = pending}), false, 0, 1, 2);
}

TEST(Strategy, FaultsWithALargeDeltaRunFaultByFaultUpToTheMost) {
  const uint64_t most = (uint64_t{1} << replay::kMaxPerFault) - 1;
  expect(choose(segments({1, 1}), 0, {.changed_lanes = most, .has_large_delta = true}), true, most, 2, 0);
  expect(choose(segments({1, 1}), 0, {.changed_lanes = 2 * most + 1, .has_large_delta = true}), false, 0, 1,
         0);
}

TEST(Strategy, AKernelWithTheFaultInItIsRunByAPack) {
  std::vector<LayerFaults> pending;
  pending.push_back(hit(2, {}));
  pending[0].patched.resize(1);
  const std::vector<Segment> of = segments({4, 4, 4});
  expect(choose(of, 0, {.changed_lanes = 1, .pending = pending}), true, 1, 1, 0);
  expect(choose(of, 1, {.changed_lanes = 1, .pending = pending}), false, 0, 2, 1);
}

TEST(Strategy, WithoutTheShortcutEveryChangedLaneRunsInAPack) {
  expect(choose(segments({4, 4}), 0, {.changed_lanes = 1, .has_large_delta = true}, false), false, 0, 1, 0);
  expect(choose(segments({4, 4}), 0, {.changed_lanes = 0}, false), true, 0, 2, 0);  // nothing to run
}

}  // namespace
}  // namespace tf_injector::detail
