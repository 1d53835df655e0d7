// Hand-made rows: what they count.
#include "metrics/tally.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "metrics/top_k.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();

TEST(RowsEqual, LooksAtEveryScore) {
  const std::vector<float> row{1, 2, 3, 4, 5};
  for (size_t i = 0; i < row.size(); ++i) {
    for (const float other : {row[i] + 0.5f, row[i] - 0.5f, -row[i], kNan, kInf, -kInf}) {
      std::vector<float> changed = row;
      changed[i] = other;
      EXPECT_FALSE(rows_equal(row, changed)) << i << ' ' << other;
      EXPECT_FALSE(rows_equal(changed, row)) << i << ' ' << other;
    }
  }
  EXPECT_TRUE(rows_equal(row, row));
  EXPECT_FALSE(rows_equal({}, row));
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

TEST(Tally, EveryCountIsAddedAndTakenAway) {
  const Tally a{1000, 200, 30, 4, 500, 60}, b{1, 2, 3, 1, 5, 6};
  Tally sum = a;
  sum += b;
  EXPECT_EQ(sum, (Tally{1001, 202, 33, 5, 505, 66}));
  sum -= a;
  EXPECT_EQ(sum, b);
}

TEST(TallyRow, GoldensClassCountsUpToTheFifthPlace) {
  const std::vector<float> golden{0, 0, 0, 0, 0, 0, 9};
  // Golden's class 6, the label 0; where class 6 comes in the faulty row.
  const auto robust = [&](const std::vector<float>& scores) {
    const Tally tally = tally_row(scores, golden, 6, 0);
    EXPECT_EQ(tally.masked, 0);
    return std::pair(tally.top_1_robust, tally.top_5_robust);
  };
  EXPECT_EQ(robust({0, 1, 2, 3, 4, 5, 6}), std::pair(1l, 1l));
  EXPECT_EQ(robust({0, 1, 2, 3, 4, 6, 5}), std::pair(0l, 1l));
  EXPECT_EQ(robust({0, 1, 3, 4, 5, 6, 2}), std::pair(0l, 1l));
  EXPECT_EQ(robust({0, 2, 3, 4, 5, 6, 1}), std::pair(0l, 0l));
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
}

TEST(TallyRow, TopOneIsNotAlwaysAmongTheTopFive) {
  // NumPy 1.26.4: argpartition(-1)[-1:] is 8, argpartition(-5)[-5:] is 6 3 7 1 4.
  const std::vector<float> ties{0, 2, 0, 2, 2, 0, 2, 2, 2, 0};
  const Tally tally = tally_row(ties, {}, 0, 8);
  EXPECT_EQ(tally.top_1_correct, 1);
  EXPECT_EQ(tally.top_5_correct, 0);
}

}  // namespace
}  // namespace tf_injector::detail
