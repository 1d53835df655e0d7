// Hand-made rows; NumPy itself is the judge in tests/oracle/test_topk.py.
#include "campaign/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace tf_injector {
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

TEST(TopK, ClipsKToTheLengthOfTheRow) {
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

TEST(RowsEqual, IsNumpysEquality) {
  EXPECT_TRUE(rows_equal(std::vector<float>{0.0f, kInf}, std::vector<float>{-0.0f, kInf}));
  EXPECT_FALSE(rows_equal(std::vector<float>{1, kNan}, std::vector<float>{1, kNan}));
  EXPECT_FALSE(rows_equal(std::vector<float>{1, 2}, std::vector<float>{1, std::nextafter(2.0f, 3.0f)}));
  EXPECT_FALSE(rows_equal(std::vector<float>{1, 2}, std::vector<float>{1}));
}

TEST(Tally, AddsUp) {
  Tally a{.images = 10,
          .top_1_correct = 9,
          .top_5_correct = 10,
          .top_1_robust = 8,
          .top_5_robust = 9,
          .masked = 3};
  const Tally b{
      .images = 1, .top_1_correct = 1, .top_5_correct = 1, .top_1_robust = 0, .top_5_robust = 1, .masked = 1};
  a += b;
  EXPECT_EQ(a, (Tally{11, 10, 11, 8, 10, 4}));
  EXPECT_EQ(a.non_critical(), 4);
  EXPECT_EQ(a.critical(), 3);
}

TEST(TallyRow, OfTheGoldenRunCountsCorrectnessOnly) {
  const std::vector<float> scores{0, 1, 2, 3, 4, 5, 6};
  EXPECT_EQ(tally_row(scores, {}, 0, 6), (Tally{1, 1, 1, 0, 0, 0}));
  EXPECT_EQ(tally_row(scores, {}, 0, 2), (Tally{1, 0, 1, 0, 0, 0}));
  EXPECT_EQ(tally_row(scores, {}, 0, 1), (Tally{1, 0, 0, 0, 0, 0}));
  EXPECT_EQ(tally_row(scores, {}, 0, 99), (Tally{1, 0, 0, 0, 0, 0}));
}

TEST(TallyRow, ComparesWithGolden) {
  const std::vector<float> golden{0, 1, 2, 3, 4, 5, 6};
  const std::vector<float> swapped{0, 1, 2, 3, 4, 6, 5};
  EXPECT_EQ(tally_row(golden, golden, 6, 6), (Tally{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(tally_row(swapped, golden, 6, 5), (Tally{1, 1, 1, 0, 1, 0}));
  EXPECT_EQ(tally_row(swapped, golden, 6, 1), (Tally{1, 0, 0, 0, 1, 0}));
}

TEST(TallyRow, AMaskedRowWithATieIsNotRobust) {
  // argmax takes the first, top 1 the last of equals: the original's non_critical is -1 here.
  const std::vector<float> tie{1, 0, 0, 1, 0};
  const Tally tally = tally_row(tie, tie, argmax(tie), 3);
  EXPECT_EQ(tally, (Tally{1, 1, 1, 0, 1, 1}));
  EXPECT_EQ(tally.non_critical(), -1);
  EXPECT_EQ(tally.critical(), 1);
}

// Keras' own decisions stand in tests/program/test_data_facts.py.
TEST(TallyRow, OneOutputUnitHasTwoClasses) {
  const Decision probability(0.5f);
  const auto tally = [&](float score, float golden, int label) {
    const float scores[] = {score}, golden_scores[] = {golden};
    return tally_row(scores, golden_scores, probability.top(golden_scores), label, probability);
  };
  EXPECT_EQ(tally(0.7f, 0.7f, 1), (Tally{1, 1, 1, 1, 1, 1}));
  EXPECT_EQ(tally(0.7f, 0.7f, 0), (Tally{1, 0, 1, 1, 1, 1}));
  EXPECT_EQ(tally(0.6f, 0.7f, 1), (Tally{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(tally(0.5f, 0.7f, 1), (Tally{1, 0, 1, 0, 1, 0}));  // class 1 begins above the threshold
  EXPECT_EQ(tally(kNan, 0.7f, 0), (Tally{1, 1, 1, 0, 1, 0}));
  EXPECT_EQ(tally(kNan, kNan, 0), (Tally{1, 1, 1, 1, 1, 0}));
  EXPECT_EQ(tally(kInf, -kInf, 1), (Tally{1, 1, 1, 0, 1, 0}));
  EXPECT_EQ(tally(0.7f, 0.7f, 2), (Tally{1, 0, 0, 1, 1, 1}));
  EXPECT_EQ(probability.classes(1), 2);
  EXPECT_EQ(Decision().classes(7), 7);
  const float zero[] = {-0.0f}, denormal[] = {1e-45f};
  EXPECT_EQ(Decision(0.0f).top(zero), 0);
  EXPECT_EQ(Decision(0.0f).top(denormal), 0);
}

TEST(TallyRow, TopOneIsNotAlwaysAmongTheTopFive) {
  // NumPy 1.26.4: argpartition(-1)[-1:] is 8, argpartition(-5)[-5:] is 6 3 7 1 4.
  const std::vector<float> ties{0, 2, 0, 2, 2, 0, 2, 2, 2, 0};
  const Tally tally = tally_row(ties, {}, 0, 8);
  EXPECT_EQ(tally.top_1_correct, 1);
  EXPECT_EQ(tally.top_5_correct, 0);
}

}  // namespace
}  // namespace tf_injector
