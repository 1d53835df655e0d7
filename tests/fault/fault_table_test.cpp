// A table of faults gives back every fault that was put in, whatever its index.
#include "tf_injector/fault_table.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "fault/line_places.hpp"
#include "tf_injector/error.hpp"

namespace tf_injector {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();

TEST(FaultTable, GivesBackWhatWasPutIn) {
  std::vector<Fault> faults{
      bit_flip(0, "a", {}, 0),
      bit_flip(kMost, "b", {kMost}, 31),
      bit_flip(1, "a", {0}, 3),
      bit_flip(2, "c/d", {(int64_t{1} << 32) - 1, (int64_t{1} << 32) - 1}, 3),
      bit_flip(3, "c/d", {int64_t{1} << 32, 0}, 3),
      bit_flip(4, "c", {(int64_t{1} << 21) - 1, 0, (int64_t{1} << 21) - 1}, 3),
      bit_flip(5, "c", {0, int64_t{1} << 21, 0}, 3),
      bit_flip(6, "a", {65535, 0, 65535, 65535}, 3),
      bit_flip(7, "a", {0, 0, 0, 65536}, 3),
      bit_flip(8, "a", {-1, 2}, 3),
      bit_flip(9, "a", {1, 2, 3, 4, 5}, 3),
      bit_flip(-10, "", std::vector<int64_t>(300, 7), 3),
  };
  std::mt19937_64 random(5);
  for (int i = 0; i < 2000; ++i) {
    std::vector<int64_t> index(random() % 6);
    for (int64_t& value : index) value = static_cast<int64_t>(random() >> (random() % 64));
    faults.push_back(bit_flip(i, std::string(1, static_cast<char>('a' + random() % 5)), index,
                              static_cast<int>(random() % 32)));
  }
  const FaultTable table(faults);
  const FaultRows rows = table;
  ASSERT_EQ(table.size(), faults.size());
  EXPECT_EQ(rows.faults(), faults);
  for (size_t i = 0; i < faults.size(); ++i) {
    EXPECT_EQ(table[i], faults[i]) << i;
    EXPECT_EQ(rows.id(i), faults[i].id);
    EXPECT_EQ(rows.bit(i), flipped_bit(faults[i]));
    EXPECT_EQ(table.layer_names()[table.layer(i)], faults[i].parts[0].layer);
  }
  EXPECT_EQ(table.layer_names().size(), 7u);
}

TEST(FaultTable, RowsArePartsOfATable) {
  const FaultTable table{bit_flip(3, "a", {1}, 0), bit_flip(4, "a", {2}, 0), bit_flip(5, "b", {3}, 1)};
  const FaultRows rest = FaultRows(table).subspan(1);
  EXPECT_EQ(rest.size(), 2u);
  EXPECT_EQ(rest[0], table[1]);
  EXPECT_EQ(rest.id(1), 5);
  EXPECT_EQ(rest.subspan(1, 7).faults(), std::vector<Fault>{table[2]});
  EXPECT_TRUE(rest.subspan(2).empty());
  EXPECT_TRUE(FaultRows().empty());
}

TEST(FaultTable, FaultsOfSeveralPartsStandBesideTheOthers) {
  Fault several = bit_flip(3, "a", {1}, 0);
  several.parts.push_back({.layer = "b", .tensor = Tensor::bias, .index = {2}, .change = SetValue{7}});
  const FaultTable table{bit_flip(2, "b", {4}, 9), several, bit_flip(4, "a", {5}, 3)};
  EXPECT_EQ(table[0], bit_flip(2, "b", {4}, 9));
  EXPECT_EQ(table[1], several);
  EXPECT_EQ(table[2], bit_flip(4, "a", {5}, 3));
  EXPECT_EQ(table.bit(1), -1);
  EXPECT_EQ(table.layer_names()[table.layer(1)], "a");
  EXPECT_EQ(table.extended().size(), 1U);
}

TEST(FaultTable, OnlyFaultsWithParts) {
  Fault none = bit_flip(3, "a", {1}, 0), bound = none;
  none.parts.clear();
  bound.image = 0;
  EXPECT_THROW(FaultTable{none}, Error);
  EXPECT_EQ(FaultTable{bound}[0], bound);
}

TEST(FaultTable, AFaultTakes24Bytes) {
  FaultTable table;
  table.reserve(100'000);
  for (int64_t i = 0; i < 100'000; ++i)
    table.add(i, i % 2 == 0 ? "conv2d_1" : "dense", std::vector<int64_t>{i % 3, 2, i % 512, 511}, 5);
  EXPECT_LE(table.memory_bytes(), 24u * 100'000 + 8192);
}

TEST(LinePlaces, AreThoseThatWereAdded) {
  detail::LinePlaces places;
  std::vector<std::pair<int, int>> expected;
  std::mt19937 random(3);
  for (int line = 2, row = 0; row < 5000; ++row) {
    line += random() % 50 == 0 ? 3 : 1;
    expected.emplace_back(line, random() % 60 == 0 ? 2 : 1);
    places.add(static_cast<size_t>(row), expected.back().first, expected.back().second);
  }
  for (size_t row = 0; row < expected.size(); ++row) {
    ASSERT_EQ(places.of(row).line, expected[row].first) << row;
    ASSERT_EQ(places.of(row).column, expected[row].second) << row;
  }
}

}  // namespace
}  // namespace tf_injector
