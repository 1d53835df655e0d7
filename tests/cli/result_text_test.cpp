#include "cli/text/result_text.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail::cli {
namespace {

TEST(GoldenText, IsWhatThePythonToolPrints) {
  EXPECT_EQ(golden_text({.images = 10000, .top_1_correct = 9148, .top_5_correct = 9965}),
            "GOLD stats:\nimages: 10000\ntop 1 accuracy: 9148\ntop 5 accuracy: 9965\n");
}

TEST(PercentText, NeverRoundsToNoneOrAll) {
  EXPECT_EQ(percent_text(0, 0), "-");
  EXPECT_EQ(percent_text(0, 10), "0.00 %");
  EXPECT_EQ(percent_text(10, 10), "100.00 %");
  EXPECT_EQ(percent_text(1, 3), "33.33 %");
  EXPECT_EQ(percent_text(1, 1000000), "<0.01 %");
  EXPECT_EQ(percent_text(999999, 1000000), ">99.99 %");
  EXPECT_EQ(percent_text(-1, 1000), "-0.10 %");
}

TEST(GroupsText, IsATableWithATotal) {
  EXPECT_EQ(groups_text({{"sign (31)", 10, 100000, 67830, 32169, 1},
                         {"exponent (23-30)", 0, 0, 0, 0, 0},
                         {"mantissa (0-22)", 90, 900000, 900000, 0, 0}}),
            "bit group         faults  inferences            masked     non-critical     critical\n"
            "------------------------------------------------------------------------------------\n"
            "sign (31)             10      100000   67830   67.83 %  32169   32.17 %  1   <0.01 %\n"
            "exponent (23-30)       0           0       0         -      0         -  0         -\n"
            "mantissa (0-22)       90      900000  900000  100.00 %      0    0.00 %  0    0.00 %\n"
            "------------------------------------------------------------------------------------\n"
            "total                100     1000000  967830   96.78 %  32169    3.22 %  1   <0.01 %\n");
}

TEST(PathLine, NamesWhatThereIs) {
  EXPECT_EQ(path_line("scores", ""), "");
  EXPECT_EQ(path_line("scores", "reports/CIFAR10/A/251125_0420"), "scores: reports/CIFAR10/A/251125_0420\n");
}

TEST(DryRunText, SaysWhatWouldBeDone) {
  EXPECT_EQ(dry_run_text({.faults = 16640,
                          .preprocessing = "x / 255 (a reason)",
                          .seconds = 3723,
                          .memory_bytes = 1500000000,
                          .disk_bytes = 6600000000,
                          .would_write = {"reports/a.csv", "reports/a.run.json"}}),
            "dry run: nothing was written\n"
            "faults: 16640\n"
            "preprocessing: x / 255 (a reason)\n"
            "estimated time: 1:02:03\n"
            "memory: at most 1.5 GB\n"
            "estimated disk: 6.6 GB\n"
            "would write: reports/a.csv\n"
            "would write: reports/a.run.json\n");
}

}  // namespace
}  // namespace tf_injector::detail::cli
