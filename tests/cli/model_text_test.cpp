#include "cli/text/model_text.hpp"

#include <gtest/gtest.h>

#include "session/model_data.hpp"

namespace tf_injector::detail::cli {
namespace {

// A convolution inside a nested model, pooled, and a Dense layer.
Model small_model() {
  Graph graph;
  graph.name = "small";
  graph.keras_version = "2.14.0";
  const auto weight = [&graph](const char* name, Shape shape) {
    const auto elements = static_cast<size_t>(shape.elements());
    graph.weights.push_back({name, std::move(shape), std::vector<float>(elements, 0.5F)});
    return static_cast<WeightId>(graph.weights.size() - 1);
  };
  const WeightId kernel = weight("conv2d/kernel", {3, 3, 3, 16});
  const WeightId dense = weight("dense/kernel", {16, 10});
  const WeightId bias = weight("dense/bias", {10});
  NodeId node = graph.add_input("input_1", "input_1", {32, 32, 3});
  graph.inputs = {node};
  node = graph.add(
      "inner/conv2d",
      ops::Conv2D{.kernel = kernel, .kernel_size = {3, 3}, .filters = 16, .padding = ops::Padding::same},
      {node});
  node = graph.add("pool", ops::GlobalAveragePool{}, {node});
  node = graph.add("dense", ops::Dense{dense, bias, 10}, {node});
  graph.outputs = {node};
  graph.output_names = {"dense"};
  graph.layers = {{"input_1", "input_1", "InputLayer", {}, {32, 32, 3}, false},
                  {"conv2d", "inner/conv2d", "Conv2D", {kernel}, {32, 32, 16}, true},
                  {"pool", "pool", "TFOpLambda(math.reduce_mean)", {}, {16}, false},
                  {"dense", "dense", "Dense", {dense, bias}, {10}, true}};
  return model_of(std::move(graph), "m/small.keras", "");
}

TEST(ModelText, TableAndTotals) {
  EXPECT_EQ(model_text(small_model()),
            R"(m/small.keras: model 'small', Keras 2.14.0

layer         class       output shape  kernel         parameters  faultable bits
---------------------------------------------------------------------------------
input_1       InputLayer  (32, 32, 3)                           0
inner/conv2d  Conv2D      (32, 32, 16)  (3, 3, 3, 16)         432           13824
pool          TFOpLambda  (16,)                                 0
dense         Dense       (10,)         (16, 10)              170            5120
---------------------------------------------------------------------------------
total                                                         602           18944

layers: 4, 2 with a kernel that faults can hit
inputs: input_1 (32, 32, 3)
outputs: dense (10,)
)");
}

TEST(StepsText, KernelsAndWork) {
  EXPECT_EQ(steps_text({{"inner/conv2d", "Conv2D+relu", "avx2:conv2d 6x16", 442368},
                        {"dense", "Dense", "ref:dense", 160}}),
            R"(step  layer         operation    kernel            multiply-adds
----------------------------------------------------------------
   1  inner/conv2d  Conv2D+relu  avx2:conv2d 6x16         442368
   2  dense         Dense        ref:dense                   160
----------------------------------------------------------------
      total                                               442528
)");
}

TEST(ValidationText, CountsFaultsLayersAndBitGroups) {
  const FaultList list = FaultList::parse(
      "Injection,Layer,TensorIndex,Bit\n"
      "0,conv2d,\"(2, 1, 0, 7)\",31\n"
      "1,inner/conv2d,\"(2, 1, 0, 7)\",30\n"
      "2,dense,\"(15, 9)\",23\n"
      "3,dense,\"(15, 9)\",22\n",
      "l.csv", small_model());
  EXPECT_EQ(validation_text(list, small_model()),
            "l.csv: 4 faults, 2 layers, fits m/small.keras\n"
            "sign (31): 1\n"
            "exponent (23-30): 2\n"
            "mantissa (0-22): 1\n");
}

TEST(ValidationText, OneIsNoPlural) {
  const FaultList list =
      FaultList::parse("Injection,Layer,TensorIndex,Bit\n5,dense,\"(0, 0)\",0\n", "l.csv", small_model());
  EXPECT_EQ(validation_text(list, small_model()).substr(0, 46),
            "l.csv: 1 fault, 1 layer, fits m/small.keras\nsi");
}

}  // namespace
}  // namespace tf_injector::detail::cli
