#include "answers/number_text.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail {
namespace {

std::string shown(double estimate, double low, double high) {
  const ShareText text = percent_text(Share{.estimate = estimate, .low = low, .high = high});
  return text.estimate + " " + interval_text(text);
}

TEST(NumberText, GroupsThousands) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1000), "1,000");
  EXPECT_EQ(grouped(8586752), "8,586,752");
  EXPECT_EQ(grouped(-1), "-1");
  EXPECT_EQ(grouped(-123456), "-123,456");
}

TEST(NumberText, TheIntervalDecidesTheDigits) {
  EXPECT_EQ(shown(0.012758, 0.01097, 0.01456), "1.28 [1.10, 1.46]");
  EXPECT_EQ(shown(0.012758, 0.0126, 0.0129), "1.276 [1.260, 1.290]");
  EXPECT_EQ(shown(0.4, 0.26, 0.54), "40 [26, 54]");
  EXPECT_EQ(shown(0.4, 0.31, 0.49), "40.0 [31.0, 49.0]");
  EXPECT_EQ(shown(0.00003, 0.00002, 0.00005), "0.0030 [0.0020, 0.0050]");
}

TEST(NumberText, AnExactShareHasThreeDigits) {
  EXPECT_EQ(shown(0.012758, 0.012758, 0.012758), "1.28 [1.28, 1.28]");
  EXPECT_EQ(shown(0, 0, 0), "0 [0, 0]");
  EXPECT_EQ(percent_text(0.5), "50.0");
  EXPECT_EQ(percent_text(0.000123), "0.0123");
}

TEST(NumberText, NothingIsRoundedToNoneOrAll) {
  EXPECT_EQ(shown(0, 0, 0.0035), "0 [0, 0.35]");
  EXPECT_EQ(shown(1, 0.9, 1), "100 [90.0, 100]");
  EXPECT_EQ(shown(0.0001, 0.00001, 0.3), "0.01 [<1, 30]");
  EXPECT_EQ(shown(0.9999, 0.7, 0.99999), ">99 [70, >99]");
  EXPECT_EQ(percent_text(1e-12), "<0.000001");
}

TEST(NumberText, AmountsAreNoShares) {
  const ShareText fit = amount_text(Share{.estimate = 12345.4, .low = 11800, .high = 12890});
  EXPECT_EQ(fit.estimate + " " + interval_text(fit), "12,345 [11,800, 12,890]");
  const ShareText small = amount_text(Share{.estimate = 1.234, .low = 1.1, .high = 1.4});
  EXPECT_EQ(small.estimate + " " + interval_text(small), "1.23 [1.10, 1.40]");
}

TEST(NumberText, OneFaultInSoMany) {
  EXPECT_EQ(one_in_text(0), "");
  EXPECT_EQ(one_in_text(1), "1.0");
  EXPECT_EQ(one_in_text(0.7), "1.4");
  EXPECT_EQ(one_in_text(0.0383), "26");
  EXPECT_EQ(one_in_text(1.0 / 999.6), "1,000");
  EXPECT_EQ(one_in_text(1.0 / 1234567), "1,230,000");
}

TEST(NumberText, Confidences) {
  EXPECT_EQ(confidence_text(0.99), "99 %");
  EXPECT_EQ(confidence_text(0.999), "99.9 %");
}

}  // namespace
}  // namespace tf_injector::detail
