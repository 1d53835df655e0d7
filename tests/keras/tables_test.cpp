// docs/layers.md and the tables in the code name the same layers, functions and ops.
#include <gtest/gtest.h>

#include <regex>
#include <set>
#include <sstream>

#include "io/file.hpp"
#include "keras/layer_table.hpp"
#include "keras/op_table.hpp"
#include "keras/weights.hpp"

namespace tf_injector::keras {
namespace {

// Names in backquotes in the first column of the tables below a heading.
std::set<std::string> documented(const std::string& heading) {
  std::istringstream text(read_text(std::string(TFI_TEST_DIR) + "/../docs/layers.md"));
  std::set<std::string> names;
  bool inside = false;
  const std::regex name("`([^`]+)`");
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) inside = line == "## " + heading;
    if (!inside || !line.starts_with("| `")) continue;
    const std::string cell = line.substr(1, line.find('|', 1) - 1);
    for (std::sregex_iterator at(cell.begin(), cell.end(), name), end; at != end; ++at)
      names.insert((*at)[1]);
  }
  return names;
}

template <typename Table>
std::set<std::string> names_of(const Table& table) {
  std::set<std::string> names;
  for (const auto& row : table) {
    if constexpr (requires { row.class_name; }) {
      names.insert(row.class_name);
    } else {
      names.insert(row.name);
    }
  }
  return names;
}

TEST(Documentation, ListsTheLayers) {
  std::set<std::string> layers = names_of(layer_types());
  for (const char* container : {"Functional", "InputLayer", "Sequential"}) layers.insert(container);
  EXPECT_EQ(documented("Layers"), layers);
}

TEST(Documentation, ListsTheTensorFlowFunctions) {
  EXPECT_EQ(documented("TensorFlow functions (Keras 2)"), names_of(tf_ops()));
}

TEST(Documentation, ListsTheOpsOfKeras3) { EXPECT_EQ(documented("Ops (Keras 3)"), names_of(keras3_ops())); }

TEST(Tables, AreSortedAndWithoutDoubles) {
  const auto sorted = [](const auto& table, auto name) {
    for (size_t i = 1; i < table.size(); ++i) {
      EXPECT_LT(std::string_view(name(table[i - 1])), std::string_view(name(table[i])));
    }
  };
  sorted(layer_types(), [](const LayerType& row) { return row.class_name; });
  sorted(tf_ops(), [](const OpType& row) { return row.name; });
  sorted(keras3_ops(), [](const OpType& row) { return row.name; });
}

// Names as keras.src.utils.naming.to_snake_case gives them.
TEST(SnakeCase, IsKeras) {
  EXPECT_EQ(snake_case("Conv2D"), "conv2d");
  EXPECT_EQ(snake_case("BatchNormalization"), "batch_normalization");
  EXPECT_EQ(snake_case("ReLU"), "re_lu");
  EXPECT_EQ(snake_case("PReLU"), "p_re_lu");
  EXPECT_EQ(snake_case("TFOpLambda"), "tf_op_lambda");
  EXPECT_EQ(snake_case("DepthwiseConv2D"), "depthwise_conv2d");
  EXPECT_EQ(snake_case("Conv2DTranspose"), "conv2d_transpose");
  EXPECT_EQ(snake_case("Functional"), "functional");
}

}  // namespace
}  // namespace tf_injector::keras
