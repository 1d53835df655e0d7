// Values of a pack of faults: what was put into a pixel is read back lane by lane, whatever was there before,
// and the buffer that pixels lie in keeps to its limits.
#include "replay/packed_activations.hpp"

#include <bit>
#include <limits>

#include "replay/prepared_network.hpp"

namespace tf_injector::detail {
namespace {

using replay::LaneChange;
using replay::LaneMask;
using replay::PackedActivations;
using replay::SparsePixelBuffer;
using test::PreparedNetwork;

constexpr int kValue = 1;  // what the first layer makes
constexpr int64_t kSide = 3, kPositions = kSide * kSide, kChannels = 7;

PreparedNetwork prepared(std::mt19937& rng, replay::PackSize size = {}) {
  return {test::convolutions(rng, kSide, {kChannels}),
          test::random_values(rng, kPositions * 3, test::Values::ordinary),
          {},
          size};
}

// The same values the slow way: all elements of all lanes.
struct DenseLanes {
  std::vector<std::vector<float>> lanes;  // [lane][position * kChannels + channel]

  DenseLanes(const PreparedNetwork& network, int count) {
    const float* golden = network.golden.value(kValue);
    lanes.assign(static_cast<size_t>(count), {golden, golden + kPositions * kChannels});
  }
  float& at(int lane, int64_t position, int64_t channel) {
    return lanes[static_cast<size_t>(lane)][static_cast<size_t>(position * kChannels + channel)];
  }
};

void expect_same(const PackedActivations& values, DenseLanes& expected) {
  std::vector<float> pixel(kChannels);
  for (int lane = 0; lane < static_cast<int>(expected.lanes.size()); ++lane) {
    for (int64_t p = 0; p < kPositions; ++p) {
      values.read(kValue, p, lane, pixel.data());
      ASSERT_TRUE(test::same_bits({&expected.at(lane, p, 0), kChannels}, pixel)) << lane << ' ' << p;
    }
  }
}

// Values that a fault may have, those that are easily mistaken for nothing among them.
float any_value(std::mt19937& rng) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  constexpr float kSome[] = {0.0f,   -0.0f, kInf, -kInf, std::numeric_limits<float>::quiet_NaN(),
                             1e-45f, 3e38f};
  return rng() % 3 == 0 ? kSome[rng() % std::size(kSome)] : std::normal_distribution<float>()(rng);
}

// The largest squared norm that a lane's difference from golden may be given as too small: none.
void expect_change_covers_the_difference(const PreparedNetwork& network, const PackedActivations& values,
                                         int64_t p, DenseLanes& expected) {
  const replay::LanePixel pixel = values.pixel(kValue, p);
  int place = 0;
  for (LaneMask left = pixel.changed_lanes; left != 0; left &= left - 1, ++place) {
    double squares = 0;
    for (int64_t c = 0; c < kChannels; ++c) {
      const double difference =
          double{expected.at(std::countr_zero(left), p, c)} - network.golden.pixel(kValue, p)[c];
      squares += difference * difference;
    }
    EXPECT_FALSE(std::isnan(pixel.delta_sq_norm[place])) << "a maximum would pass over it";
    if (std::isnan(squares)) squares = std::numeric_limits<double>::infinity();
    EXPECT_GE(double{pixel.delta_sq_norm[place]} * 1.001 + 1e-30, std::min(squares, 4e38));
  }
}

TEST(PackedActivations, AreWhatWasMergedIntoThem) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(71);
  for (int round = 0; round < 30; ++round) {
    const PreparedNetwork network = prepared(rng);
    const int lanes =
        1 + static_cast<int>(rng() % static_cast<uint32_t>(network.replay_plan.table().width()));
    PackedActivations values(network.replay_plan, network.golden);
    values.reset(lanes);
    values.begin(kValue);
    DenseLanes expected(network, lanes);
    std::vector<LaneMask> changed_lanes(kPositions, 0);
    for (int merge = 0; merge < 60; ++merge) {
      const auto p = static_cast<int64_t>(rng() % kPositions);
      std::vector<LaneChange> changes;
      for (auto left = rng() % 5; left > 0; --left) {
        const LaneChange change{static_cast<int32_t>(rng() % kChannels),
                                static_cast<int32_t>(rng() % static_cast<uint32_t>(lanes)), any_value(rng)};
        const auto is_same = [&](const LaneChange& other) {
          return other.lane == change.lane && other.channel == change.channel;
        };
        if (std::any_of(changes.begin(), changes.end(), is_same)) continue;  // a lane comes once a channel
        changes.push_back(change);
        expected.at(change.lane, p, change.channel) = change.value;
        changed_lanes[static_cast<size_t>(p)] |= LaneMask{1} << change.lane;
      }
      values.merge(kValue, p, changes);
      ASSERT_EQ(values.changed_lanes(kValue, p), changed_lanes[static_cast<size_t>(p)]);
      expect_change_covers_the_difference(network, values, p, expected);
    }
    expect_same(values, expected);
    LaneMask all_changed = 0;
    for (const LaneMask lanes_of_position : changed_lanes) all_changed |= lanes_of_position;
    EXPECT_EQ(values.changed_lanes(kValue), all_changed);
  }
}

// A step writes a pixel: takes room, fills it, says how much it was.
TEST(PackedActivations, KeepPixelsThatAreWrittenAsAWhole) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(72);
  const PreparedNetwork network = prepared(rng);
  PackedActivations values(network.replay_plan, network.golden);
  values.reset(5);
  values.begin(kValue);
  DenseLanes expected(network, 5);
  const LaneMask changed_lanes = 0b10110;  // lanes 1, 2 and 4; rows of the channels 1 and 6
  const PackedActivations::PixelStorage storage = values.allocate_pixel(kValue, 4, 3);
  const int32_t stride = values.stride(3);
  for (int32_t place = 0; place < 3; ++place) {
    storage.values[place] = 1.0f;  // squared norm
    storage.values[stride + place] = 10.0f + static_cast<float>(place);
    storage.values[2 * stride + place] = 20.0f + static_cast<float>(place);
  }
  storage.channels[0] = 1;
  storage.channels[1] = 6;
  values.commit(kValue, 4, 2, changed_lanes);
  int place = 0;
  for (const int lane : {1, 2, 4}) {
    for (int64_t c = 0; c < kChannels; ++c) expected.at(lane, 4, c) = 0.0f;  // no row: +0
    expected.at(lane, 4, 1) = 10.0f + static_cast<float>(place);
    expected.at(lane, 4, 6) = 20.0f + static_cast<float>(place++);
  }
  expect_same(values, expected);
  EXPECT_EQ(values.changed_lanes(kValue, 4), changed_lanes);
  EXPECT_EQ(values.changed_lanes(kValue), changed_lanes);

  (void)values.allocate_pixel(kValue, 5, 3);
  values.commit(kValue, 5, 0, 0);  // no lane differs: the pixel is the golden run's
  EXPECT_EQ(values.changed_lanes(kValue, 5), 0u);
  expect_same(values, expected);
}

TEST(PackedActivations, BeginGoldenAndAreGoldenAgainForTheNextPack) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(73);
  const PreparedNetwork network = prepared(rng);
  PackedActivations values(network.replay_plan, network.golden);
  DenseLanes golden(network, 3);
  for (int pack = 0; pack < 2; ++pack) {
    values.reset(3);
    EXPECT_EQ(values.all_lanes(), 0b111u);
    EXPECT_EQ(values.changed_lanes(kValue), 0u);
    EXPECT_FALSE(values.view(kValue).is_changed());
    EXPECT_EQ(values.tap(kValue, 2, 0).golden, network.golden.pixel(kValue, 2));
    expect_same(values, golden);
    values.begin(kValue);
    std::vector<LaneChange> changes = {{0, 1, 7.0f}};
    values.merge(kValue, 2, changes);
    EXPECT_TRUE(values.view(kValue).is_changed());
  }
}

TEST(PackedActivations, TakenOutAndPutBackAreTheSame) {
  if (!test::has_lanes()) GTEST_SKIP() << "the reference has no lanes";
  std::mt19937 rng(74);
  const PreparedNetwork network = prepared(rng);
  PackedActivations values(network.replay_plan, network.golden);
  values.reset(4);
  values.begin(kValue);
  DenseLanes expected(network, 4), golden(network, 4);
  std::vector<LaneChange> changes = {{3, 0, 5.0f}, {3, 3, 6.0f}, {4, 3, 7.0f}};
  for (const LaneChange& change : changes) expected.at(change.lane, 8, change.channel) = change.value;
  values.merge(kValue, 8, changes);
  const LaneMask changed_lanes = values.changed_lanes(kValue);
  SparsePixelBuffer taken = values.exchange(kValue, values.make_buffer(kValue));
  values.reset(4);
  expect_same(values, golden);
  (void)values.exchange(kValue, std::move(taken));
  values.put(kValue, changed_lanes);
  expect_same(values, expected);
}

// Pixels that are written anew leave their old place unused: what is used is moved together when the buffer
// may grow no more.
TEST(SparsePixelBuffer, IsPackedWhenItMayNotGrow) {
  SparsePixelBuffer buffer;
  buffer.most = {.values = 100, .channels = replay::simd::kMaxWidth + 10};
  buffer.changed_lanes.resize(3);
  buffer.places.resize(3);
  buffer.begin(kValue, 3);
  const auto write = [&](int64_t position, float value) {  // two rows of 8 floats
    buffer.reserve(24, 2);
    buffer.changed_lanes[static_cast<size_t>(position)] = 1;
    buffer.places[static_cast<size_t>(position)] = {.values = buffer.used_values,
                                                    .channels = static_cast<int32_t>(buffer.used_channels),
                                                    .count = 2,
                                                    .stride = 8,
                                                    .capacity = 2};
    for (int64_t i = 0; i < 24; ++i) buffer.values[static_cast<size_t>(buffer.used_values++)] = value;
    for (int32_t i = 0; i < 2; ++i)
      buffer.channels[static_cast<size_t>(buffer.used_channels++)] = static_cast<int32_t>(value) + i;
  };
  for (int round = 0; round < 10; ++round) {
    for (const int64_t position : {2, 0, 1}) {
      write(position, static_cast<float>(10 * round) + static_cast<float>(position));
      ASSERT_LE(static_cast<int64_t>(buffer.values.size()), buffer.most.values);
      ASSERT_LE(static_cast<int64_t>(buffer.channels.size()), buffer.most.channels);
    }
    for (int32_t position = 0; position < 3; ++position) {
      const replay::LanePixel pixel = buffer.pixel(position);
      for (int i = 0; i < 24; ++i)
        ASSERT_EQ(pixel.delta_sq_norm[i], static_cast<float>(10 * round + position));
      EXPECT_EQ(pixel.channels[0], 10 * round + position);
      EXPECT_EQ(pixel.channels[1], 10 * round + position + 1);
    }
  }
}

TEST(SparsePixelBuffer, BeginsEmpty) {
  SparsePixelBuffer buffer;
  buffer.changed_lanes = {1, 3, 7};
  buffer.used_values = 48;
  buffer.used_channels = 4;
  buffer.begin(kValue, 2);
  EXPECT_EQ(buffer.owner, kValue);
  EXPECT_EQ(buffer.positions, 2);
  EXPECT_EQ(buffer.used_values, 0);
  EXPECT_EQ(buffer.used_channels, 0);
  EXPECT_EQ(buffer.changed_lanes[0] | buffer.changed_lanes[1], LaneMask{0});
}

TEST(SparsePixelBuffer, TakesTheRoomOfThePixelWrittenLastAnew) {
  SparsePixelBuffer buffer;
  buffer.most = {.values = 1000, .channels = 1000};
  buffer.changed_lanes.resize(2);
  buffer.places.resize(2);
  buffer.begin(kValue, 2);
  buffer.reserve(48, 4);
  buffer.places[0] = {.values = 0, .channels = 0, .count = 2, .stride = 8, .capacity = 2};
  buffer.places[1] = {.values = 24, .channels = 2, .count = 2, .stride = 8, .capacity = 2};
  buffer.used_values = 48;
  buffer.used_channels = 4;
  EXPECT_FALSE(buffer.is_last(buffer.places[0]));
  ASSERT_TRUE(buffer.is_last(buffer.places[1]));
  buffer.release_pixel(1);
  EXPECT_EQ(buffer.used_values, 24);
  EXPECT_EQ(buffer.used_channels, 2);
  EXPECT_EQ(buffer.places[1].capacity, 0);
}

TEST(SparsePixelBuffer, FreesWhatIsMoreThanItsNextOwnerMayHave) {
  SparsePixelBuffer buffer;
  buffer.most = {.values = 1000, .channels = 1000};
  buffer.changed_lanes.resize(1);
  buffer.places.resize(1);
  buffer.begin(kValue, 1);
  buffer.reserve(500, 300);
  const float* const before = buffer.values.data();
  buffer.become({.elements = 0, .positions = 4, .limit = {.values = 600, .channels = 600}});
  EXPECT_EQ(buffer.values.data(), before) << "it fits: it is kept";
  EXPECT_EQ(buffer.used_values, 0);
  EXPECT_EQ(buffer.owner, -1);
  EXPECT_EQ(buffer.changed_lanes.size(), 4u);
  EXPECT_EQ(buffer.places.size(), 4u);
  buffer.become({.elements = 0, .positions = 2, .limit = {.values = 400, .channels = 200}});
  EXPECT_TRUE(buffer.values.empty());
  EXPECT_TRUE(buffer.channels.empty());
}

}  // namespace
}  // namespace tf_injector::detail
