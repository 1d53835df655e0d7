// Names of weights as files have them, and what they tell about an order.
#include "keras/weights/saved_order.hpp"

#include <gtest/gtest.h>

namespace tf_injector::detail::keras {
namespace {

struct Two {
  LayerSpec first, second;
  std::vector<Slot> order;

  Two() {
    first.name = "conv2d";
    second.name = "conv2d_1";
    order = {
        {&first, 0, {"kernel"}}, {&first, 1, {"bias"}}, {&second, 0, {"kernel"}}, {&second, 1, {"bias"}}};
  }
};

TEST(CompareNames, TheNamesOfEveryKeras) {
  const Two two;
  const std::vector<std::vector<std::string>> all{
      {"conv2d/kernel:0", "conv2d/bias:0", "conv2d_1/kernel:0", "conv2d_1/bias:0"},          // Keras 2
      {"conv2d/kernel", "conv2d/bias", "row/conv2d_1/kernel", "row/conv2d_1/bias"},          // Keras 3
      {"conv2d/kernel_1:0", "conv2d/bias_1:0", "conv2d_1/kernel_1:0", "conv2d_1/bias_1:0"},  // made again
      {"conv2d/kernel:0_7", "conv2d/bias:0_8", "conv2d_1/kernel:0_9", "conv2d_1/bias:0_10"}};
  for (const auto& names : all) {
    const NameEvidence evidence = compare_names(two.order, names);
    EXPECT_TRUE(evidence.every_name_fits && evidence.names_all_slots) << names[0];
  }
}

TEST(CompareNames, LayersThatWereRenamedSinceTellNothing) {
  const Two two;
  const NameEvidence evidence =
      compare_names(two.order, {"c1_1/kernel:0", "c1_1/bias:0", "conv2d/kernel:0", "conv2d/bias:0"});
  EXPECT_FALSE(evidence.names_all_slots);
  EXPECT_TRUE(evidence.variables_fit && evidence.layers_stay_together);
}

TEST(CompareNames, OtherPlacesAreSeen) {
  const Two two;
  const NameEvidence swapped =
      compare_names(two.order, {"conv2d_1/kernel:0", "conv2d_1/bias:0", "conv2d/kernel:0", "conv2d/bias:0"});
  EXPECT_TRUE(swapped.names_all_slots);
  EXPECT_FALSE(swapped.every_name_fits);
  EXPECT_FALSE(compare_names(two.order, {"a/bias:0", "a/kernel:0", "b/kernel:0", "b/bias:0"}).variables_fit);
  EXPECT_FALSE(
      compare_names(two.order, {"a/kernel:0", "b/bias:0", "b/kernel:0", "a/bias:0"}).layers_stay_together);
}

}  // namespace
}  // namespace tf_injector::detail::keras
