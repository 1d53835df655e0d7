// Hand-made rows; NumPy itself is the judge in tests/oracle/test_topk.py.
#include "metrics/top_k.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tf_injector::detail {
namespace {

using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

std::vector<int> top(const std::vector<float>& scores, int k) {
  std::vector<int> chosen{7, 7, 7};  // what was in it before must not matter
  top_k(scores, k, chosen);
  return chosen;
}

TEST(Argmax, TakesTheFirstOfEqualsAndTheFirstNan) {
  EXPECT_EQ(argmax(std::vector<float>{1, 3, 2, 3}), 1);
  EXPECT_EQ(argmax(std::vector<float>{1, kInf, kNan, kNan}), 2);
  EXPECT_EQ(argmax(std::vector<float>{-0.0f, 0.0f}), 0);
  EXPECT_EQ(argmax(std::vector<float>{-kInf, -kInf, -1}), 2);
  EXPECT_EQ(argmax(std::vector<float>{5}), 0);
}

TEST(TopK, OfOneTakesTheLastOfEquals) {
  EXPECT_THAT(top({1, 3, 2, 3, 0}, 1), ElementsAre(3));
  EXPECT_THAT(top({0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 1), ElementsAre(9));
  EXPECT_THAT(top({1, kNan, kInf, kNan, 0}, 1), ElementsAre(3));
  EXPECT_THAT(top({0.0f, -0.0f, -1, -2}, 1), ElementsAre(1));
}

TEST(TopK, OfOneInShortRowsIsWhatTheSelectionSortLeaves) {
  EXPECT_THAT(top({2, 1, 2}, 1), ElementsAre(2));
  EXPECT_THAT(top({2, 2, 1}, 1), ElementsAre(0));  // 1 goes to the front, the first 2 to the end
}

TEST(TopK, KeepsTheMovesOfNumpysSelection) {
  // Values from NumPy 1.26.4: row.argpartition(-5)[-5:]
  EXPECT_THAT(top({0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 5), ElementsAre(5, 3, 1, 2, 9));
  EXPECT_THAT(top({3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, 5), ElementsAre(5, 0, 6, 3, 9));
  EXPECT_THAT(top({kNan, 1, kNan, 0, 1, kInf, 1, kNan, -kInf, 1}, 5), ElementsAre(1, 5, 7, 2, 0));
}

// A row that keeps the median of three as bad as it can be: the median of medians takes over.
TEST(TopK, KeepsTheMovesOfTheMedianOfMedians) {
  std::vector<float> row{1,  35, 3,  25, 5,  41, 7,  27, 9,  37, 11, 29, 13, 48, 15, 31,
                         17, 39, 19, 33, 21, 43, 23, 0,  2,  4,  6,  8,  10, 12, 14, 16,
                         18, 20, 22, 24, 26, 28, 30, 32, 34, 36, 38, 40, 42, 48, 48, 48};
  // Values from NumPy 1.26.4; and with ties, which show every swap.
  EXPECT_THAT(top(row, 5), ElementsAre(21, 13, 45, 46, 47));
  const auto tied = [&](int divisor, float most) {
    std::vector<float> scores = row;
    for (float& score : scores) score = std::min(std::floor(score / static_cast<float>(divisor)), most);
    return top(scores, 5);
  };
  EXPECT_THAT(tied(1, 34), ElementsAre(43, 1, 9, 21, 17));
  EXPECT_THAT(tied(1, 21), ElementsAre(13, 9, 21, 22, 15));
  EXPECT_THAT(tied(2, 18), ElementsAre(44, 17, 41, 43, 13));
}

// Rows full of ties, some with NaN; a hash (FNV-1a, index by index) of what NumPy 1.26.4 chooses in 200 of
// them.
TEST(TopK, ChoosesWhatNumpyChooses) {
  struct Expected {
    int classes, k;
    uint64_t hash;
  };
  for (const auto& [classes, k, hash] :
       {Expected{6, 1, 0x62b9b0f3bad5a637u}, Expected{6, 5, 0x9af5f66b2b117824u},
        Expected{10, 1, 0x04d31a7cec172883u}, Expected{10, 5, 0x641e80f682b717bbu},
        Expected{43, 1, 0x882adedaf68fc8fbu}, Expected{43, 5, 0x1d060c04b06f0eafu},
        Expected{100, 1, 0xfd769c0f556bff9fu}, Expected{100, 5, 0x27b4cc42ff976ea1u},
        Expected{300, 1, 0x42e68535bb1bf221u}, Expected{300, 5, 0x4e0bb0ce4a4b597cu}}) {
    uint64_t found = 14695981039346656037u;
    std::vector<int> chosen;
    for (int row = 0; row < 200; ++row) {
      std::vector<float> scores;
      for (int i = 0; i < classes; ++i) {
        const bool is_nan = row % 4 == 3 && (i * 7 + row) % 11 == 0;
        scores.push_back(is_nan ? kNan
                                : static_cast<float>((i * i * (row + 1) + row / 3 * i) % (row % 29 + 2)));
      }
      top_k(scores, k, chosen);
      for (const int label : chosen) found = (found ^ static_cast<uint32_t>(label)) * 1099511628211u;
    }
    EXPECT_EQ(found, hash) << classes << " classes, k " << k;
  }
}

TEST(TopK, ClipsKToTheLengthOfTheRow) {
  EXPECT_THAT(top({1, 2}, -1), ElementsAre());
  EXPECT_THAT(top({1, 2}, 5), testing::UnorderedElementsAre(0, 1));
  EXPECT_THAT(top({1, 2}, 0), ElementsAre());
  EXPECT_THAT(top({}, 5), ElementsAre());
}

TEST(InTopK, RefusesLabelsThatAreNoClass) {
  const std::vector<float> scores{1, 2, 3};
  for (int label : {-1, 3, 1000, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()}) {
    EXPECT_FALSE(in_top_k(scores, 1, label));
    EXPECT_FALSE(in_top_k(scores, 5, label));
  }
  EXPECT_FALSE(in_top_k({}, 5, 0));
}

TEST(InTopK, SaysWhatTopKChooses) {
  std::mt19937 random(20);
  const std::vector<float> special{kNan, kInf, -kInf, 0.0f, -0.0f, 1, 1, 2};
  std::vector<int> chosen;
  for (int round = 0; round < 20000; ++round) {
    std::vector<float> scores(1 + random() % 40);
    const auto distinct = 1 + random() % 50;
    for (float& score : scores) {
      score =
          random() % 4 == 0 ? special[random() % special.size()] : static_cast<float>(random() % distinct);
    }
    const int k = 1 + static_cast<int>(random() % 7);
    top_k(scores, k, chosen);
    for (int label = 0; label < static_cast<int>(scores.size()); ++label) {
      const bool expected = std::find(chosen.begin(), chosen.end(), label) != chosen.end();
      ASSERT_EQ(in_top_k(scores, k, label), expected)
          << testing::PrintToString(scores) << " k " << k << " label " << label;
    }
  }
}

TEST(InTopK, WorksOnRowsLongerThanTheStackHolds) {
  const std::vector<float> scores(5000, 1.0f);
  std::vector<int> chosen;
  top_k(scores, 5, chosen);
  ASSERT_EQ(chosen.size(), 5u);
  for (int label : chosen) EXPECT_TRUE(in_top_k(scores, 5, label));
}

// 4096 scores are the most that are selected without allocating.
TEST(InTopK, AgreesWithTopKWhereTheStackEnds) {
  for (const size_t count : {4095u, 4096u, 4097u}) {
    std::vector<float> scores(count, 1.0f);
    for (size_t i = 0; i < count; i += 3) scores[i] = 0.0f;
    std::vector<int> chosen;
    top_k(scores, 5, chosen);
    int found = 0;
    for (size_t label = 0; label < count; ++label) found += in_top_k(scores, 5, static_cast<int>(label));
    EXPECT_EQ(found, 5) << count;
    for (const int label : chosen) EXPECT_TRUE(in_top_k(scores, 5, label)) << count;
  }
}

}  // namespace
}  // namespace tf_injector::detail
