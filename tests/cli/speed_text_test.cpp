#include "cli/text/speed_text.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail::cli {
namespace {

TEST(SpeedsText, ComparesWithTheFirstEngine) {
  const std::vector<EngineSpeed> speeds = {{"plain", 4, 10000, 20.0, 4.9, "avx512", 2, 64},
                                           {"replay", 200, 10000, 40.0, 5.1234, "avx512", 2, 8}};
  EXPECT_EQ(
      speeds_text(speeds),
      "engine  faults  images  seconds a fault  faults/s  times plain  golden seconds  threads  kernels\n"
      "------------------------------------------------------------------------------------------------\n"
      "plain        4   10000                5       0.2            1             4.9        2  avx512\n"
      "replay     200   10000              0.2         5           25            5.12        2  avx512\n");
  EXPECT_EQ(speeds_json({speeds[0]}),
            "{\"name\":\"plain\",\"faults\":4,\"images\":10000,\"seconds\":20.0,\"faults_per_second\":0.2,"
            "\"golden_seconds\":4.9,\"threads\":2,\"tile\":64,\"kernels\":\"avx512\"}\n");
}

TEST(StepSpeedsText, GivesTheShareOfThePeak) {
  StepSpeeds speeds{.kernels = "avx2",
                    .images = 8,
                    .peak = 64e9,
                    .steps = {{"conv2d", "Conv2D+relu", "avx2:conv2d", 480000, 15e-6},
                              {"outer/pool", "AveragePool2D", "ref:pool", 0, 5e-6}}};
  EXPECT_EQ(step_speeds_text(speeds),
            "step        op             kernel       multiply-adds  us an image  share of time  10^9 fma a s "
            " of the peak\n"
            "------------------------------------------------------------------------------------------------"
            "------------\n"
            "conv2d      Conv2D+relu    avx2:conv2d         480000        15.00         75.0 %          32.0 "
            "        50 %\n"
            "outer/pool  AveragePool2D  ref:pool                 0         5.00         25.0 %             - "
            "           -\n"
            "------------------------------------------------------------------------------------------------"
            "------------\n"
            "total                                          480000        20.00        100.0 %          24.0 "
            "        38 %\n"
            "kernels avx2, one thread, 8 images at a time, each step alone; the peak: 64.0 x 10^9 "
            "multiply-adds a second\n");
  speeds.peak = 0;  // the scalar reference
  EXPECT_NE(step_speeds_text(speeds).find("32.0            -\n"), std::string::npos);
  EXPECT_EQ(
      step_speeds_json(speeds).find("{\"step\":\"conv2d\",\"op\":\"Conv2D+relu\",\"kernel\":\"avx2:conv2d\","
                                    "\"multiply_adds\":480000,\"seconds_per_image\":"),
      0U);
}

TEST(TechniqueSpeedsText, ComparesWithAllAndWithTheRowAbove) {
  const auto speed = [](double seconds) {
    return EngineSpeed{"replay", 200, 64, seconds / 1.6, 0.5, "avx512", 2, 8, seconds};
  };
  const TechniqueSpeeds speeds{
      .plain = {"plain", 10, 64, 0.6, 0.5, "avx512", 2, 64, 1.0},
      .none = speed(30),
      .one_thread = speed(3.6),
      .techniques = {{"prefix", "all of it", speed(2), speed(5), speed(20)},
                     {"channel", "the whole layer", speed(2.5), speed(4), speed(2)}}};
  EXPECT_EQ(technique_speeds_text(speeds),
            "shortcut  ms without  times as long  ms up to it  times as fast  left out\n"
            "--------------------------------------------------------------------------------\n"
            "none               -              -          150              -\n"
            "prefix            25           2.50          100           1.50  all of it\n"
            "channel           20           1.60           10          10.00  the whole layer\n"
            "ms: milliseconds of processor time a fault; 200 faults, 64 images, 2 threads, kernels avx512\n"
            "whole evaluation of every fault: 100 ms, all shortcuts: 10 ms\n"
            "on 2 threads and on one: 6.25 and 11.25 ms of wall time a fault\n");
  EXPECT_NE(technique_speeds_json(speeds).find(
                "{\"technique\":\"channel\",\"left_out\":\"the whole layer\",\"seconds\":2.5,"
                "\"seconds_without\":4.0,\"seconds_up_to\":2.0,\"times_as_long\":1.6,\"faults\":200,"
                "\"images\":64,\"threads\":2}\n"),
            std::string::npos);
}

}  // namespace
}  // namespace tf_injector::detail::cli
