// Confidences and details of hand-made rows, and that parts of them add up.
#include "metrics/details_counter.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "metrics/tally.hpp"

namespace tf_injector::detail {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInf = std::numeric_limits<float>::infinity();
using Row = std::vector<float>;

TEST(Confidence, IsTheSoftmaxOfScores) {
  const Confidence softmax(Decision(), false);
  const Row row{1.0f, -2.0f, 3.5f, 0.0f};
  double sum = 0;
  for (const float score : row) sum += std::exp(static_cast<double>(score));
  for (size_t i = 0; i < row.size(); ++i)
    EXPECT_NEAR(softmax.of(row, static_cast<int>(i)), std::exp(static_cast<double>(row[i])) / sum, 1e-15);
  EXPECT_EQ(softmax.of(Row{7, 7, 7, 7}, 2), 0.25);
  EXPECT_EQ(softmax.of(Row{3e38f, -3e38f}, 0), 1.0);
  EXPECT_EQ(softmax.of(Row{3e38f, -3e38f}, 1), 0.0);
  EXPECT_EQ(softmax.of(Row{0, -kInf, 0}, 0), 0.5);
  for (const Row& none : {Row{1, kNan, 2}, Row{1, kInf, 2}, Row{-kInf, -kInf, -kInf}})
    for (const int label : {0, 1, 2}) EXPECT_TRUE(std::isnan(softmax.of(none, label)));
}

TEST(Confidence, OfProbabilitiesIsTheScore) {
  const Confidence own(Decision(), true);
  EXPECT_EQ(own.of(Row{0.25f, 0.5f, 0.1f}, 1), 0.5);
  EXPECT_EQ(own.of(Row{0.25f, 1e-45f, 0.1f}, 1), 0.0) << "a denormal counts as zero";
}

TEST(Confidence, OfOneOutputUnitIsItsProbabilityOrTheRest) {
  const Confidence logit(Decision(0.0f), false), probability(Decision(0.5f), true);
  EXPECT_EQ(logit.of(Row{0.0f}, 1), 0.5);
  EXPECT_NEAR(logit.of(Row{2.0f}, 1), 0.88079707797788243, 1e-15);
  EXPECT_NEAR(logit.of(Row{2.0f}, 0), 0.11920292202211756, 1e-15);
  EXPECT_EQ(logit.of(Row{-kInf}, 0), 1.0);
  EXPECT_EQ(logit.of(Row{-kInf}, 1), 0.0);
  EXPECT_EQ(probability.of(Row{0.75f}, 1), 0.75);
  EXPECT_EQ(probability.of(Row{0.75f}, 0), 0.25);
  EXPECT_TRUE(std::isnan(logit.of(Row{kNan}, 0)));
}

class DetailsTest : public testing::Test {
 protected:
  [[nodiscard]] GoldenDetails golden(const Row& row, int label) const {
    const int top = decision_.top(row);
    return golden_details(row, top, tally_row(row, row, top, label, decision_), decision_, confidence_);
  }
  [[nodiscard]] RowDetails under(const Row& row, const Row& before, int label) const {
    const GoldenDetails image = golden(before, label);
    return row_details(row, before, image, tally_row(row, before, image.top, label, decision_), decision_,
                       confidence_);
  }
  [[nodiscard]] double change(const Row& row, const Row& before) const {
    return under(row, before, 0).largest_change;
  }
  Decision decision_;
  Confidence confidence_{decision_, true};
};

TEST_F(DetailsTest, AConfidenceMustDifferByMoreThanTheShareOfTheGoldenOne) {
  const Row before{0.5f, 0.25f};
  const auto counts = [&](float confidence) { return under({confidence, 0.25f}, before, 0).counts; };
  EXPECT_EQ(counts(0.5f).sdc10pct, 0);
  EXPECT_EQ(counts(0.45000002f).sdc10pct, 0);  // 0.05 of 0.5 is not more
  EXPECT_EQ(counts(0.44999996f).sdc10pct, 1);
  EXPECT_EQ(counts(0.44999996f).sdc20pct, 0);
  EXPECT_EQ(counts(0.55f).sdc10pct, 1);  // 0.55 as float32 is a little more than 0.55
  EXPECT_EQ(counts(0.59999996f).sdc20pct, 0);
  EXPECT_EQ(counts(0.60000002f).sdc20pct, 1);
  EXPECT_EQ(counts(kNan).sdc10pct, 1);
  EXPECT_EQ(counts(kNan).sdc20pct, 1);
  EXPECT_EQ(counts(kInf).sdc20pct, 1);
  EXPECT_EQ(under({0.1f, 0.9f}, {0.1f, 0.2f}, 0).counts.sdc20pct, 1) << "of the golden class, here 1";
}

TEST_F(DetailsTest, TheConfidenceIsThatOfTheGoldenClass) {
  // The largest score is what it was, another class has it.
  EXPECT_EQ(under({0.2f, 0.7f}, {0.7f, 0.2f}, 0).counts.sdc20pct, 1);
  EXPECT_EQ(under({0.7f, 0.7f}, {0.7f, 0.2f}, 0).counts.sdc10pct, 0);
}

TEST_F(DetailsTest, NanAndInfAreThoseOfTheFaultyRow) {
  const RowDetails both = under({kNan, -kInf, 1}, {0, 0, 1}, 0);
  EXPECT_EQ(both.counts.nan_images, 1);
  EXPECT_EQ(both.counts.inf_images, 1);
  const RowDetails none = under({0, 0, 1}, {kNan, -kInf, 1}, 0);
  EXPECT_EQ(none.counts.nan_images, 0);
  EXPECT_EQ(none.counts.inf_images, 0);
}

TEST_F(DetailsTest, FixedAndBrokenCompareWithTheLabel) {
  const auto counts = [&](int label) { return under({0, 1, 0}, {1, 0, 0}, label).counts; };
  EXPECT_EQ(counts(0).broken, 1);
  EXPECT_EQ(counts(0).fixed, 0);
  EXPECT_EQ(counts(1).broken, 0);
  EXPECT_EQ(counts(1).fixed, 1);
  EXPECT_EQ(counts(2).broken + counts(2).fixed, 0);
}

TEST_F(DetailsTest, ADecisionGoesToTheClassThatNumpysTopOneSelects) {
  EXPECT_EQ(under({0, 1, 0}, {1, 0, 0}, 0).went_to, 1);
  EXPECT_EQ(under({1, 0, 0}, {1, 0, 0}, 0).went_to, -1);
  EXPECT_EQ(under(Row(7, kNan), {1, 0, 0, 0, 0, 0, 0}, 0).went_to, 6) << "the last of equal ones";
  EXPECT_EQ(under(Row(7, kNan), {0, 0, 0, 0, 0, 0, 1}, 0).went_to, -1);
  const Row tie{0, 1, 0, 0, 1, 0};  // argmax decides for 1, the top 1 is 4
  EXPECT_EQ(golden(tie, 0).top, 1);
  EXPECT_EQ(golden(tie, 0).if_unchanged.went_to, 4);
}

TEST_F(DetailsTest, TheLargestChangeIsOfAnyScoreAndNanWhereOneOfTwoIs) {
  EXPECT_EQ(change({1, 5, -3}, {1, 4, -1}), 2);
  EXPECT_EQ(change({0.0f, kNan, kInf, -kInf}, {-0.0f, kNan, kInf, -kInf}), 0);
  EXPECT_EQ(change({0, kInf}, {0, 1}), kInf);
  EXPECT_EQ(change({kInf, 0}, {-kInf, 0}), kInf);
  EXPECT_TRUE(std::isnan(change({kInf, kNan, 4}, {1, 1, 1})));
  EXPECT_TRUE(std::isnan(change({1, 1, kInf}, {1, kNan, 1})));
  EXPECT_EQ(static_cast<float>(change({3e38f}, {-3e38f})), kInf) << "as float32 has it";
}

bool same(const FaultDetails& a, const FaultDetails& b) {
  const bool same_change = a.max_abs_logit_change == b.max_abs_logit_change ||
                           (std::isnan(a.max_abs_logit_change) && std::isnan(b.max_abs_logit_change));
  return same_change && a.nan_images == b.nan_images && a.inf_images == b.inf_images && a.sdc5 == b.sdc5 &&
         a.sdc10pct == b.sdc10pct && a.sdc20pct == b.sdc20pct && a.fixed == b.fixed && a.broken == b.broken &&
         a.majority_class == b.majority_class && a.majority_images == b.majority_images;
}

float random_score(std::mt19937& rng) {
  constexpr float kOdd[] = {kNan, kInf, -kInf, 0.0f, -0.0f, 1.0f, 1e-45f, 3e38f};
  return rng() % 4 == 0 ? kOdd[rng() % 8] : static_cast<float>(static_cast<int>(rng() % 7) - 3);
}

// Small numbers tie often. Rows that did not change are added as such, or given as any other row.
TEST_F(DetailsTest, PartsAddUpWhateverWayTheyAreCut) {
  std::mt19937 rng(11);
  constexpr size_t kFaults = 5, kImages = 12, kClasses = 7;
  for (int repeat = 0; repeat < 50; ++repeat) {
    std::vector<Row> before(kImages, Row(kClasses));
    for (Row& row : before)
      for (float& score : row) score = random_score(rng);
    std::vector<std::vector<Row>> after(kFaults, before);
    for (std::vector<Row>& rows : after)
      for (Row& row : rows)
        if (rng() % 2 == 0) row[rng() % kClasses] = random_score(rng);
    const auto count = [&](size_t first, size_t faults, size_t image, size_t images, bool whole) {
      DetailsCounter counter(faults, kClasses);
      for (size_t i = image; i < image + images; ++i) {
        const GoldenDetails golden = this->golden(before[i], static_cast<int>(i % kClasses));
        counter.add_unchanged(golden);
        for (size_t f = 0; f < faults; ++f) {
          const bool is_same = std::memcmp(after[first + f][i].data(), before[i].data(), kClasses * 4) == 0;
          if (whole || !is_same)
            counter.replace(f, golden, under(after[first + f][i], before[i], static_cast<int>(i % kClasses)));
        }
      }
      return counter;
    };
    DetailsCounter whole(kFaults, kClasses), parts(kFaults, kClasses);
    whole.add(0, count(0, kFaults, 0, kImages, true));
    parts.add(0, count(0, 2, 0, 5, false));
    parts.add(2, count(2, 3, 5, 7, false));
    parts.add(0, count(0, 2, 5, 7, false));
    parts.add(2, count(2, 3, 0, 5, false));
    int64_t changed = 0;
    for (size_t f = 0; f < kFaults; ++f) {
      Tally tally;
      std::vector<int64_t> went_to(kClasses);
      for (size_t i = 0; i < kImages; ++i) {
        const int label = static_cast<int>(i % kClasses);
        tally += tally_row(after[f][i], before[i], decision_.top(before[i]), label);
        const int to = under(after[f][i], before[i], label).went_to;
        if (to >= 0) ++went_to[static_cast<size_t>(to)];
      }
      EXPECT_TRUE(same(whole.details(f, tally), parts.details(f, tally)));
      const auto most = std::max_element(went_to.begin(), went_to.end());  // the first of equal ones
      EXPECT_EQ(parts.details(f, tally).majority_images, *most);
      EXPECT_EQ(parts.details(f, tally).majority_class, *most == 0 ? -1 : most - went_to.begin());
      EXPECT_EQ(parts.details(f, tally).sdc5, tally.images - tally.top_5_robust);
      changed += tally.critical();
    }
    EXPECT_TRUE(std::equal(whole.confusion().begin(), whole.confusion().end(), parts.confusion().begin()));
    EXPECT_EQ(std::accumulate(parts.confusion().begin(), parts.confusion().end(), int64_t{0}), changed);
  }
}

TEST(DetailsCounter, HasNoTableOfClassesWhereItWouldBeLarge) {
  EXPECT_EQ(DetailsCounter(1, 200).confusion().size(), 40000u);
  EXPECT_TRUE(DetailsCounter(1, 201).confusion().empty());
}

}  // namespace
}  // namespace tf_injector::detail
